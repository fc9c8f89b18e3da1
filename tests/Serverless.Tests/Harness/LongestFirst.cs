using Xunit;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Serverless.Tests.Harness.LongestFirst", "Serverless.Tests")]

namespace Serverless.Tests.Harness;

/// <summary>What waits for the published app begins first, so that nobody waits for it at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] First = ["When_the_app_is_killed", "AppContractTests"];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(c => Array.FindIndex(First, name => c.DisplayName.Contains(name, StringComparison.Ordinal)) is var at
            && at < 0 ? First.Length : at);
}
