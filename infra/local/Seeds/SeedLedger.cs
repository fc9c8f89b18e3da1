using System.Text.Json;
using Serverless.Local.Machine;

namespace Serverless.Local.Seeds;

/// <summary>Remembers on disk which seeds were replayed into a folder, so that a second replay is expected to change nothing.</summary>
internal sealed class SeedLedger
{
    private readonly string _file;
    private readonly SortedDictionary<string, Replayed> _seeds;

    private SeedLedger(string file, SortedDictionary<string, Replayed> seeds) => (_file, _seeds) = (file, seeds);

    /// <summary>A missing or unreadable file counts as empty.</summary>
    public static SeedLedger Open(string file)
    {
        try
        {
            return new SeedLedger(file, JsonSerializer.Deserialize<SortedDictionary<string, Replayed>>(File.ReadAllBytes(file)) ?? []);
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException)
        {
            return new SeedLedger(file, new(StringComparer.Ordinal));
        }
    }

    /// <summary>A seed that was changed since may carry the ids of its earlier form: perhaps a duplicate.</summary>
    public Replayed Of(SeedFile seed) =>
        _seeds.TryGetValue(Key(seed), out var replayed) ? replayed
        : _seeds.Keys.Any(k => k.StartsWith(seed.Name + " ", StringComparison.Ordinal)) ? Replayed.Perhaps
        : Replayed.Never;

    /// <summary>To be called before a seed is sent: if the run dies now, nobody knows whether it arrived.</summary>
    public void Sending(IEnumerable<SeedFile> seeds)
    {
        foreach (var seed in seeds) _seeds.TryAdd(Key(seed), Replayed.Perhaps);
        Save();
    }

    /// <summary>To be called once their ends were seen.</summary>
    public void Ended(IEnumerable<SeedFile> seeds)
    {
        foreach (var seed in seeds) _seeds[Key(seed)] = Replayed.ToItsEnd;
        Save();
    }

    private static string Key(SeedFile seed) => $"{seed.Name} {seed.Fingerprint[..16]}";

    private void Save() => RunFolder.Write(_file, JsonSerializer.SerializeToUtf8Bytes(_seeds));
}
