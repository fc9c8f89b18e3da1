using System.Text.RegularExpressions;
using Serverless.Outbox;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Outbox;

/// <summary>What subscribers of the topic may filter by is named where they state their filter.</summary>
public sealed partial class FilterableTests
{
    [Fact]
    public void The_template_names_each_property_of_a_message_and_no_other()
    {
        var template = File.ReadAllText(Path.Combine(Seed.RepositoryRoot, "infra", "types.bicep"));
        var named = Named().Match(template).Groups["names"].Value.Split(", ");
        Assert.Equal(TopicRelay.Filterable.Prepend("type").Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"Application properties that must be equal: (?<names>[a-z, ]+)\.", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Named();
}
