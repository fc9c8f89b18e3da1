using Serverless.Local.Machine;
using Serverless.Local.Run;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>A full disk: the sentence names the right one, and every child is ended although one could not write.</summary>
public sealed class DiskTests
{
    private static readonly string[] Folders = ["/clone/.local", "/tmp", "/root/.nuget/packages"];

    // It always named the folder in which the command was typed.
    [Theory]
    [InlineData("No space left on device : '/tmp/x/y'", "/tmp", "/tmp/x/y")]
    [InlineData("error MSB3021: \"/root/.nuget/packages/a.dll\". No space left on device", "/root", "/root/.nuget/packages/a.dll")]
    [InlineData("No space left on device", "/tmp", "/tmp")]
    [InlineData("Could not find '/clone/a': No space left on device", "/root", "/root/.nuget/packages")]
    [InlineData("No space left on device", "/nothing", "/clone/.local")]
    public void The_disk_that_is_full_is_named(string said, string full, string named)
    {
        var refusal = Disk.Full(said, Folders, path => path.StartsWith(full, StringComparison.Ordinal) ? 0 : 5_000);

        Assert.StartsWith($"The disk of {named} is full", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, refusal.ExitCode);
    }

    // A timer that could not write its state ended the disposal at the host, and Azurite stayed.
    [Fact]
    public async Task What_cannot_be_ended_keeps_nothing_else_alive()
    {
        List<string> ended = [];
        IAsyncDisposable?[] parts = [new Part(ended, "host", fails: true), null, new Part(ended, "bus", fails: true),
            new Part(ended, "azurite", fails: false)];

        var problem = await Assert.ThrowsAsync<IOException>(() => Stack.EndAllAsync(parts));

        Assert.Equal("host", problem.Message);
        Assert.Equal(["host", "bus", "azurite"], ended);
    }

    private sealed class Part(List<string> ended, string name, bool fails) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Task.Yield();
            ended.Add(name);
            if (fails) throw new IOException(name);
        }
    }
}
