using System.Text.Json;
using Serverless.Contacts;
using Serverless.Needs;
using Xunit;

namespace Serverless.Tests.Needs;

/// <summary>The rules against their tables: each line is a text of a customer and what a person would read in it.</summary>
public sealed class ReadingTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Need_place_urgency_and_language_are_what_the_table_says()
    {
        var rows = Rows("need");
        Assert.True(rows.Count >= 60, "at least sixty examples");
        Assert.Equal([], Wrong(rows, row => Differences(row, NeedReader.Read(Contact(row), RuleSet.BuiltIn))));
    }

    [Fact]
    public void What_customers_write_every_day_is_read_as_a_person_reads_it() =>
        Assert.Equal([], Wrong(Rows("customers"), row => Differences(row, NeedReader.Read(Contact(row), RuleSet.BuiltIn))));

    [Fact]
    public void Praise_beside_waiting_is_irony_and_praise_alone_is_not()
    {
        var rows = Rows("irony");
        Assert.True(rows.Count(r => r.GetProperty("ironic").GetBoolean()) >= 30, "at least thirty ironic ones");
        Assert.Equal([], Wrong(rows, row =>
        {
            var need = NeedReader.Read(Contact(row), RuleSet.BuiltIn).Need;
            return (need == NeedKinds.Complaint) == row.GetProperty("ironic").GetBoolean() ? [] : [need];
        }));
    }

    [Fact]
    public void Closing_words_are_thanks_and_nothing_else()
    {
        var rows = Rows("closing");
        Assert.True(rows.Count >= 40, "at least forty examples");
        Assert.Equal([], Wrong(rows, row => NeedReader.Read(Contact(row),
            RuleSet.BuiltIn).Closing == row.GetProperty("closing").GetBoolean() ? [] : ["differs"]));
    }

    [Fact]
    public void What_counts_as_praise_is_praise()
    {
        Assert.Equal([], Wrong(Rows("praise"), row =>
        {
            var need = NeedReader.Read(Contact(row), RuleSet.BuiltIn).Need;
            return (need == NeedKinds.Praise) == row.GetProperty("praise").GetBoolean() ? [] : [need];
        }));
    }

    [Fact]
    public void Facts_stand_beside_their_words()
    {
        Assert.Equal([], Wrong(Rows("facts"), row =>
        {
            var facts = NeedReader.FactsOf(Contact(row)).Select(f => f.Value is null ? f.Kind : $"{f.Kind}={f.Value}");
            var found = string.Join(' ', facts);
            return found == Text(row, "facts") ? [] : [found];
        }));
    }

    [Fact]
    public void A_language_is_told_by_function_words_or_not_at_all()
    {
        Assert.Equal([], Wrong(Rows("language"), row => NeedReader.Read(Contact(row), RuleSet.BuiltIn).Language is var told
            && told == Text(row, "language") ? [] : [told]));
    }

    [Fact]
    public void Every_decision_names_its_rule_and_no_more_than_five_are_kept()
    {
        var all = NeedReader.Read(
            Contact("Es brennt! Kündigung, kaputt, unverschämt, rufen Sie mich an, IBAN, wann kommt der Techniker, dringend"),
            RuleSet.BuiltIn);
        Assert.Equal(("safety", "safety-fire", "at-once", "need:safety"), (all.Need, all.NeedRule, all.Urgency, all.UrgencyRule));
        Assert.Equal(TextReading.MostMatches, all.Matches.Count);
        Assert.Equal("safety-fire", all.Matches[0]);
        Assert.Equal("no rule matched", NeedReader.Read(Contact("Guten Tag"), RuleSet.BuiltIn).NeedRule);
    }

    [Fact]
    public void Our_rules_all_have_a_decision_an_own_id_and_an_order_by_rank_that_a_person_can_follow()
    {
        var rules = RuleSet.Definitions.ToList();
        Assert.Equal(rules.Count, rules.Select(r => r.Id).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(NeedKinds.All.Except([NeedKinds.CanWait]).Order(StringComparer.Ordinal),
            rules.Select(r => r.Need).OfType<string>().Distinct().Order(StringComparer.Ordinal));
    }

    internal static Contact Contact(string text) => new()
    {
        Channel = "meta", Network = "whatsapp", Account = "1", ExternalId = "1", Kind = ContactKind.Message, OccurredAt = At, ReceivedAt =
            At, Text = text,
    };

    private static Contact Contact(JsonElement row)
    {
        var network = Text(row, "network") ?? "whatsapp";
        var kind = Text(row, "kind") is { } word ? JsonSerializer.Deserialize<ContactKind>($"\"{word}\"") : ContactKind.Message;
        return Contact(Text(row, "text")!) with
        {
            Channel = Text(row, "channel") ?? network,
            Network = network,
            Kind = kind,
            Place = Text(row, "place") == "public" ? Place.Public : Place.Private,
            Language = Text(row, "stated"),
            Parties = Text(row, "from") is { } mail ? [new Identity("email", mail, Evidence.Claimed)] : [],
            Attachments = row.TryGetProperty("files", out _) ? [new Attachment("https://files.example/1", "image/jpeg")] : [],
        };
    }

    private static List<string> Differences(JsonElement row, TextReading reading)
    {
        List<string> wrong = [];
        void Is(string name, string? value)
        {
            if (Text(row, name) is { } wanted && wanted != value) wrong.Add($"{name} {value} ({reading.NeedRule}, {reading.UrgencyRule})");
        }

        Is("language", reading.Language);
        Is("need", reading.Need);
        Is("owes", reading.Owes);
        Is("urgency", reading.Urgency);
        Is("topic", reading.Topic);
        Is("exposed", string.Join(' ', reading.Exposed));
        Is("fits", reading.PlaceFits is { } fits ? fits ? "true" : "false" : "");
        Is("confidential", reading.Confidential ? "true" : "false");
        Is("closing", reading.Closing ? "true" : "false");
        return wrong;
    }

    private static string? Text(JsonElement row, string name) => !row.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();

    private static List<string> Wrong(List<JsonElement> rows, Func<JsonElement, IReadOnlyList<string>> judge) =>
        [.. rows.SelectMany(row => judge(row).Select(w => $"{Text(row, "text")}: {w}"))];

    private static List<JsonElement> Rows(string name)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Needs", name + ".json")));
        return [.. file.RootElement.EnumerateArray().Select(r => r.Clone())];
    }
}
