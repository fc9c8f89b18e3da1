using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Generic;

/// <summary>The programs on the page of the generic door, run as they stand there against the app's front door.</summary>
public sealed partial class GenericExamplesTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    // The one that the local run prints beside its address.
    private static readonly string Secret = Seed.SettingsOf("generic")["Channels__Generic__Secret"]!;

    [Fact]
    public async Task Each_program_of_the_page_sends_an_event_that_becomes_a_case()
    {
        // With the settings of the local run: the device of the page used to name a source that another sender owns there, and was answered
        // 403.
        await using var world = await TestApp.StartAsync(azurite);
        var address = new Uri(world.Address, "/api/hooks/generic").ToString();

        var printed = new[]
        {
            await RunAsync("bash", "sh", Example("bash"), address), await RunAsync("node", "mjs", Example("js"), address),
                await RunAsync("dotnet", "dll", Example("csharp"), address),
        };

        Assert.Equal(0, await world.DrainAsync());
        foreach (var text in printed)
        {
            Assert.Matches(@"^(HTTP/1\.1 )?202\b", text);
            Assert.Equal("ended: case", await world.EndOfAsync(DeliveryId().Match(text).Value, "generic"));
        }

        var texts = (await world.CasesAsync()).SelectMany(c => c.Texts()).Order(StringComparer.Ordinal);
        Assert.Equal(["Compressor does not start.", "Where is my parcel? 📦", "Wie sende ich die Lampe zurück?"], texts);
    }

    /// <summary>The one program of a language on the page.</summary>
    private static string Example(string language) =>
        Assert.Single(CodeBlock()
            .Matches(File.ReadAllText(Path.Combine(Seed.RepositoryRoot, "functions", "Channels", "Generic", "README.md"))), m =>
            m.Groups["language"].Value == language).Groups["code"].Value;

    private static async Task<string> RunAsync(string program, string extension, string code, string address)
    {
        var folder = Directory.CreateTempSubdirectory("serverless-example-");
        try
        {
            var file = Path.Combine(folder.FullName, $"send.{extension}");
            if (extension == "dll") Compile(code, file);
            else await File.WriteAllTextAsync(file, code);
            var start = new ProcessStartInfo(program, [file]) { UseShellExecute = false, RedirectStandardOutput = true,
                RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 };
            (start.Environment["CONTACT_URL"], start.Environment["CONTACT_SECRET"]) = (address, Secret);
            using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var errors = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            Assert.True(process.ExitCode == 0, $"{program}: {await errors}");
            return (await output).Trim();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A console program as <c>dotnet new console</c> would build it, without the minute that takes.</summary>
    private static void Compile(string code, string file)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => p.Contains("Microsoft.NETCore.App", StringComparison.Ordinal)).Select(p => MetadataReference.CreateFromFile(p));
        var compilation = CSharpCompilation.Create("send", [CSharpSyntaxTree.ParseText(code)], references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        var emitted = compilation.Emit(file);
        Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics));
        File.Copy(Path.ChangeExtension(typeof(GenericExamplesTests).Assembly.Location, ".runtimeconfig.json"),
            Path.ChangeExtension(file, ".runtimeconfig.json"));
    }

    [GeneratedRegex(@"(?<=x-delivery-id: |^202 )[\w-]+", RegexOptions.IgnoreCase | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DeliveryId();

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<code>.*?)^```",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex CodeBlock();
}
