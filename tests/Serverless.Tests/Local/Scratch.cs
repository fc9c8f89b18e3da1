using Serverless.Local.Machine;

namespace Serverless.Tests.Local;

/// <summary>An empty clone of the project in a temporary folder, deleted at the end.</summary>
public sealed class Scratch : IDisposable
{
    internal Repository Repository { get; } = new(Directory.CreateTempSubdirectory("serverless-local-").FullName);

    public void Write(string path, string text)
    {
        var file = Path.Combine(Repository.Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    /// <summary>A seed of a POST, e.g. <c>demo/01-text</c>; the ends are a JSON array.</summary>
    public void WriteSeed(string name, string ends, string answer = """{"status":200}""", string target = "/api/hooks/demo",
        string body = "hello")
    {
        Write($"seeds/{name}.headers", $"POST {target}\nContent-Type: text/plain\nX-Signature: v1,abc\n");
        Write($"seeds/{name}.body", body);
        Write($"seeds/{name}.expected.json",
            $$"""{"about":"a","at":"2026-11-20T09:15:00Z","answer":{{answer}},"ends":{{ends}},"contacts":[]}""");
    }

    public void Dispose() => Directory.Delete(Repository.Root, recursive: true);
}
