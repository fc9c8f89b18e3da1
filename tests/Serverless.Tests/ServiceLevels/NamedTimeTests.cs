using System.Globalization;
using System.Text.Json;
using Serverless.ServiceLevels;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.ServiceLevels;

/// <summary>
/// Times that customers name, and what is left to people because it can be meant in two ways: the table is named-times.json.
/// </summary>
public sealed class NamedTimeTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    /// <summary>One row: what was said when, and the local time it names; null for none.</summary>
    public sealed record Row(string Said, string Text, string? At, bool Call, bool Deadline);

    [Fact]
    public void Only_what_has_one_meaning_is_taken()
    {
        var rows = JsonSerializer.Deserialize<Row[]>(File
            .ReadAllText(Path.Combine(Seed.RepositoryRoot, "tests/Serverless.Tests/ServiceLevels/named-times.json")), Web)!;
        var wrong = rows.Select(r => (r.Text, Expected: Text(Expected(r)), Found: Text(NamedTime.Find(r.Text, Local(r.Said), Berlin))))
            .Where(r => r.Expected != r.Found);
        Assert.Empty(wrong);
        Assert.True(rows.Length >= 35);
    }

    [Fact]
    public void A_long_text_costs_no_more_than_its_beginning()
    {
        var text = string.Concat(Enumerable.Repeat("call me 1:1:1 am by 1.1.1 ", 40_000));
        Assert.Null(NamedTime.Find(text, Local("2026-11-18T09:00"), Berlin));
    }

    private static NamedTime? Expected(Row row) => row.At is { } at ? new NamedTime(Local(at).ToUniversalTime(), row.Call, row.Deadline)
        : null;

    private static string Text(NamedTime? named) =>
        named is null ? "none" : string.Create(CultureInfo.InvariantCulture,
            $"{named.At.UtcDateTime:yyyy-MM-dd HH:mm} call {named.IsCall} deadline {named.IsDeadline}");

    private static DateTimeOffset Local(string text)
    {
        var local = DateTime.ParseExact(text, "yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture);
        return new DateTimeOffset(local, Berlin.GetUtcOffset(local));
    }
}
