using System.Text.Json;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Worker;

/// <summary>
/// At every build the worker SDK writes, restores and builds a project for the host's extensions, which sees none of our props. A property
/// private to the SDK hands our lock file and pins in: these tests tell when a new SDK no longer reads it.
/// </summary>
public sealed class The_nested_project_is_exact
{
    private static readonly string Functions = Path.Combine(Seed.RepositoryRoot, "functions");

    private static string Assets => Directory
        .GetFiles(Path.Combine(Functions, "obj"), "project.assets.json", SearchOption.AllDirectories)
        .Where(f => f.Contains("/WorkerExtensions/", StringComparison.Ordinal)).MaxBy(File.GetLastWriteTimeUtc)
        ?? throw new InvalidOperationException("The worker SDK wrote no project for extensions below functions/obj.");

    [Fact]
    public void It_is_restored_with_our_lock_file_and_warnings_are_errors()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Assets));
        var restore = json.RootElement.GetProperty("project").GetProperty("restore");
        var locked = restore.GetProperty("restoreLockProperties");
        Assert.Equal("true", locked.GetProperty("restorePackagesWithLockFile").GetString());
        Assert.Equal(Path.Combine(Functions, "WorkerExtensions.lock.json"), locked.GetProperty("nuGetLockFilePath").GetString());
        Assert.True(restore.GetProperty("warningProperties").GetProperty("allWarningsAsErrors").GetBoolean());
    }

    [Fact]
    public void The_lock_file_holds_what_was_restored()
    {
        using var locked = JsonDocument.Parse(File.ReadAllText(Path.Combine(Functions, "WorkerExtensions.lock.json")));
        using var assets = JsonDocument.Parse(File.ReadAllText(Assets));
        var written = locked.RootElement.GetProperty("dependencies").EnumerateObject().Single().Value.EnumerateObject()
            .Where(p => p.Value.TryGetProperty("resolved", out _)).Select(p => $"{p.Name}/{p.Value.GetProperty("resolved").GetString()}");
        var restored = assets.RootElement.GetProperty("libraries").EnumerateObject().Select(p => p.Name);
        Assert.Equal(
            restored.Order(StringComparer.OrdinalIgnoreCase),
            written.Order(StringComparer.OrdinalIgnoreCase),
            StringComparer.OrdinalIgnoreCase);
    }
}
