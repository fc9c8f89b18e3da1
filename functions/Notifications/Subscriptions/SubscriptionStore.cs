using Azure;
using Serverless.Platform.Signatures;
using Serverless.Platform.Storage;

namespace Serverless.Notifications.Subscriptions;

/// <summary>All subscriptions: those of the settings, and those made by the API, which are rows. A name of the settings hides a row of that
/// name.</summary>
/// <param name="tables">Storage.</param>
/// <param name="time">Clock.</param>
/// <param name="settings">Those of the settings, as they are now.</param>
/// <param name="masters">Current master secrets, from which secrets of rows are derived.</param>
public sealed class SubscriptionStore(TableStore tables, TimeProvider time, Func<IEnumerable<Subscription>> settings,
    Func<SecretPair> masters)
{
    public const string Table = "subscriptions";

    /// <summary>Most rows.</summary>
    public const int Most = 200;

    private const string Partition = "webhook";
    private const int MostNamed = 10;

    // One read in this time per instance, whatever the number of notifications: an instance may use a list of that age. Its own changes
    // apply at once.
    private static readonly TimeSpan Staleness = TimeSpan.FromSeconds(10);
    private volatile Reading? _latest;

    /// <summary>By name; at most ten seconds old.</summary>
    public async Task<IReadOnlyDictionary<string, Subscription>> AllAsync(CancellationToken ct)
    {
        var reading = _latest;
        if (reading is null || reading.Rows.IsFaulted || time.GetElapsedTime(reading.At) >= Staleness)
        {
            // The read outlives the one who asked first, since others wait for it too.
            reading = new Reading(time.GetTimestamp(), ReadAsync(CancellationToken.None));
            _latest = reading;
        }

        Dictionary<string, Subscription> all = new(StringComparer.OrdinalIgnoreCase);
        foreach (var one in await reading.Rows.WaitAsync(ct)) all[one.Name] = one;
        foreach (var one in settings()) all[one.Name] = one;
        return all;
    }

    /// <summary>As it is this moment, with the version of its row; null when there is none.</summary>
    public async Task<(Subscription Subscription, ETag ETag)?> FindAsync(string name, CancellationToken ct)
    {
        if (settings().FirstOrDefault(s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase)) is { } set)
            return (set, default);
        return await tables.GetAsync(Table, Partition, KeyOf(name), ct) is { } row ? (From(row), row.ETag) : null;
    }

    /// <summary>Every row as it is this moment, and those of the settings; by name.</summary>
    public Task<IReadOnlyDictionary<string, Subscription>> FreshAsync(CancellationToken ct)
    {
        _latest = null;
        return AllAsync(ct);
    }

    /// <summary>Writes a new one: Written or Exists.</summary>
    public async Task<WriteState> AddAsync(Subscription one, CancellationToken ct) =>
        Changed((await tables.InsertAsync(Table, RowOf(one), ct)).State);

    /// <summary>Changes one that still is as it was read: Written, Changed or Missing.</summary>
    public async Task<WriteState> ReplaceAsync(Subscription one, ETag asRead, CancellationToken ct) =>
        Changed((await tables.ReplaceAsync(Table, RowOf(one), asRead, ct)).State);

    /// <summary>Deletes a subscription.</summary>
    public async Task<WriteState> RemoveAsync(string name, CancellationToken ct) =>
        Changed((await tables.DeleteAsync(Table, Partition, KeyOf(name), ETag.All, ct)).State);

    /// <summary>The same with a new secret, not written yet; null without a master secret.</summary>
    /// <param name="one">As it is.</param>
    /// <param name="presentUntil">Until when its current secret also signs; null: not at all.</param>
    public Subscription? Renewed(Subscription one, DateTimeOffset? presentUntil)
    {
        if (masters().Current is not { Length: > 0 } master) return null;
        return WithSecrets(one
            with { Seed = SubscriptionSecret.New(master), PreviousSeed = presentUntil is null
                ? null : one.Seed, PreviousUntil = presentUntil });
    }

    /// <summary>Sentences for rows whose secret hangs on a master secret that is about to go, or gone.</summary>
    public async Task<IReadOnlyList<string>> ProblemsAsync(CancellationToken ct)
    {
        var (rows, now) = ((await FreshAsync(ct)).Values.Where(s => s.Seed is not null).OrderBy(s => s.Name, StringComparer.Ordinal)
            .ToList(), time.GetUtcNow());
        var inForce = masters().Current is { Length: > 0 } master ? DerivedSecret.FingerprintOf(master) : null;
        var lost = rows.Where(s => s.Secret is null).ToList();
        var old = rows.Except(lost).Where(s => s.Seed!.Master != inForce || (s.PreviousUntil > now && s.PreviousSeed?.Master != inForce))
            .ToList();
        List<string> says = [];
        if (lost.Count > 0)
            says.Add($"The master secret of {Named(lost)} is missing, so their notifications wait. Set it again as Webhook__PreviousMasterSecret, "
                + "or create new secrets with POST api/subscriptions/<name>/rotate.");
        if (old.Count > 0)
            says.Add($"The secret of {Named(old)} is derived from Webhook__PreviousMasterSecret. Keep that setting until each of them was rotated "
                + "(POST api/subscriptions/<name>/rotate) and its previous secret has expired.");
        return says;
    }

    private static string Named(List<Subscription> some) =>
        string.Join(", ", some.Take(MostNamed).Select(s => s.Name)) + (some.Count > MostNamed ? $" and {some.Count - MostNamed} more" : "");

    private Subscription WithSecrets(Subscription one) =>
        one with { Secret = one.Seed?.Under(masters(), one.Name), PreviousSecret = one.PreviousSeed?.Under(masters(), one.Name) };

    private WriteState Changed(WriteState state)
    {
        _latest = null;
        return state;
    }

    private async Task<List<Subscription>> ReadAsync(CancellationToken ct)
    {
        List<Subscription> all = [];
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition(Partition), ct)) all.Add(From(row));
        return all;
    }

    private Subscription From(TableRow row) => WithSecrets(new Subscription
    {
        Name = row.Text("Name") ?? row.RowKey,
        Url = row.Text("Url"),
        Types = row.Text("Types") ?? "*",
        Channels = row.Text("Channels") ?? "*",
        Needs = row.Text("Needs") ?? "*",
        Owes = row.Text("Owes") ?? "*",
        Owners = row.Text("Owners") ?? "*",
        Networks = row.Text("Networks") ?? "*",
        Include = row.Text("Include") ?? "",
        Seed = Seed(row.Text("Salt"), row.Text("Master")),
        PreviousSeed = Seed(row.Text("PreviousSalt"), row.Text("PreviousMaster")),
        PreviousUntil = row.Time("PreviousUntil"),
        PausedAt = row.Time("PausedAt"),
        CreatedAt = row.Time("CreatedAt"),
        Version = row.Int("Version") ?? 1,
    });

    private static SubscriptionSecret? Seed(string? salt, string? master) =>
        salt is null || master is null ? null : new SubscriptionSecret(salt, master);

    private static TableRow RowOf(Subscription one) => new(Partition, KeyOf(one.Name))
    {
        ["Name"] = one.Name,
        ["Url"] = one.Url,
        ["Types"] = one.Types,
        ["Channels"] = one.Channels,
        ["Needs"] = one.Needs,
        ["Owes"] = one.Owes,
        ["Owners"] = one.Owners,
        ["Networks"] = one.Networks,
        ["Include"] = one.Include,
        ["Salt"] = one.Seed?.Salt,
        ["Master"] = one.Seed?.Master,
        ["PreviousSalt"] = one.PreviousSeed?.Salt,
        ["PreviousMaster"] = one.PreviousSeed?.Master,
        ["PreviousUntil"] = one.PreviousUntil,
        ["PausedAt"] = one.PausedAt,
        ["CreatedAt"] = one.CreatedAt,
        ["Version"] = one.Version,
    };

    private static string KeyOf(string name) => name.ToLowerInvariant();

    private sealed record Reading(long At, Task<List<Subscription>> Rows);
}
