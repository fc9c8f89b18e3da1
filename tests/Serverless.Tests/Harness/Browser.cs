using System.Diagnostics;
using System.Text.Json;

namespace Serverless.Tests.Harness;

/// <summary>A real Chromium, led by playwright-core: a script of this project opens pages in it.</summary>
/// <remarks>Debian's package <c>chromium</c>; installed when it is missing and we may, as a fresh machine wants.</remarks>
public static class Browser
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private static readonly Lazy<Task<string>> Chromium = new(FindAsync);

    /// <summary>Runs a script with <paramref name="input"/> and, as <c>chromium</c>, the path of the browser.</summary>
    public static async Task<JsonElement> RunAsync(string script, IReadOnlyDictionary<string, object> input) =>
        await Node.RunAsync(script, new Dictionary<string, object>(input, StringComparer.Ordinal) { ["chromium"] = await Chromium.Value });

    private static async Task<string> FindAsync()
    {
        if (Array.Find(Places, File.Exists) is { } there) return there;
        if (File.Exists("/usr/bin/apt-get") && Environment.UserName == "root")
        {
            Console.WriteLine("Chromium is missing: installing Debian's package, which takes a minute or two.");
            var start = new ProcessStartInfo("/bin/sh",
                ["-c", "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium"]) { UseShellExecute = false,
                RedirectStandardOutput = true, RedirectStandardError = true };
            using var install = Process.Start(start)!;
            await Task.WhenAll(install.StandardOutput.ReadToEndAsync(), install.StandardError.ReadToEndAsync(), install.WaitForExitAsync());
        }

        return Array.Find(Places, File.Exists)
            ?? throw new InvalidOperationException(
                "Chromium is not there: install it (Debian: apt-get install chromium), the pages are tested in a real browser.");
    }
}
