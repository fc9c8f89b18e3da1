using System.Text.Json;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>Calls to storage and bus, counted, and held against what the cost calculator multiplies.</summary>
public static class Costs
{
    /// <summary>What a step costs.</summary>
    public static async Task<(long Storage, long Bus)> CostAsync(this TestApp world, Func<Task> step)
    {
        var (storage, bus) = (world.Calls.Storage, world.Calls.Bus);
        await step();
        return (world.Calls.Storage - storage, world.Calls.Bus - bus);
    }

    /// <summary>The figures, which must be those that infra/local/Cost/calls.json gives under this name.</summary>
    public static (long Storage, long Bus) Written(string name, long storage, long bus)
    {
        using var calls = JsonDocument.Parse(File.ReadAllText(Path.Combine(Seed.RepositoryRoot, "infra", "local", "Cost", "calls.json")));
        var written = calls.RootElement.GetProperty(name);
        Assert.Equal((storage, bus), (written.GetProperty("storage").GetInt64(), written.GetProperty("bus").GetInt64()));
        return (storage, bus);
    }
}
