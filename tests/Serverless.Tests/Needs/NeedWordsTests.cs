using Serverless.Needs;
using Serverless.Platform.Localization;
using Xunit;

namespace Serverless.Tests.Needs;

/// <summary>Cards, mails and pages say in words why a customer came and what is owed.</summary>
public sealed class NeedWordsTests
{
    [Fact]
    public void Every_need_and_everything_that_is_owed_has_its_words() => Assert.All(
        [.. NeedKinds.All.Select(n => $"need_{n}"), .. OwesKinds.All.Select(o => $"owes_{o}")],
        key => Assert.True(TextBook.Has(key.Replace('-', '_')), key));
}
