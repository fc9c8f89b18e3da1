using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Local.FunctionsHost;

/// <summary>The two keys of the app: one opens functions, the master key opens everything. Made once and kept in the data folder.</summary>
public sealed class FunctionKeys
{
    private FunctionKeys(string function, string master)
    {
        (Function, Master) = (function, master);
    }

    public string Function { get; }

    public string Master { get; }

    public static FunctionKeys ReadOrCreate(string dataFolder)
    {
        var file = Path.Combine(dataFolder, "keys");
        if (File.Exists(file) && File.ReadAllLines(file) is [var function, var master, ..] && function.Length > 0 && master.Length > 0)
            return new FunctionKeys(function, master);
        var made = new FunctionKeys(NewKey(), NewKey());
        Directory.CreateDirectory(dataFolder);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(file, options);
        writer.Write($"{made.Function}\n{made.Master}\n");
        return made;
    }

    /// <summary>True when the request may pass: anonymous, function (either key) or admin (the master key).</summary>
    public bool Opens(string authLevel, HttpRequest request)
    {
        if (authLevel == "anonymous") return true;
        var sent = request.Headers["x-functions-key"].ToString();
        if (sent.Length == 0) sent = request.Query["code"].ToString();
        return Same(sent, Master) || (authLevel == "function" && Same(sent, Function));
    }

    private static bool Same(string sent, string key) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(sent), Encoding.UTF8.GetBytes(key));

    private static string NewKey() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(40));
}
