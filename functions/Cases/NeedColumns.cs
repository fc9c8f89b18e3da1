using Serverless.Cases.Rules;
using Serverless.Needs;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>What the rules read, as properties of a head's row.</summary>
internal static class NeedColumns
{
    public static TableRow Write(Case head, TableRow row)
    {
        row["Owes"] = head.Owes;
        row["OwesRule"] = head.OwesRule;
        row["Need"] = head.Need;
        row["NeedRule"] = head.NeedRule;
        row["NeedFrom"] = head.NeedFrom;
        row["Urgency"] = head.Urgency;
        row["UrgencyRule"] = head.UrgencyRule;
        row["Topic"] = head.Topic;
        row["Language"] = head.Language;
        row["PlaceFits"] = head.PlaceFits;
        row["Confidential"] = head.Confidential ? true : null;
        row["Facts"] = head.Facts.Count == 0 ? null : string.Join(' ', head.Facts);
        return row;
    }

    public static Case Read(TableRow row, Case head) => head with
    {
        Need = row.Text("Need") ?? NeedKinds.CanWait,
        NeedRule = row.Text("NeedRule") ?? "",
        NeedFrom = row.Text("NeedFrom"),
        Urgency = row.Text("Urgency") ?? UrgencyKinds.Normal,
        UrgencyRule = row.Text("UrgencyRule") ?? "",
        Topic = row.Text("Topic"),
        Language = row.Text("Language"),
        PlaceFits = row.Flag("PlaceFits"),
        Confidential = row.Flag("Confidential") ?? false,
        Facts = (row.Text("Facts") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries),
    };
}
