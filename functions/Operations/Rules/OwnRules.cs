using System.Security.Cryptography;
using System.Globalization;
using Serverless.Needs;
using Serverless.Platform.Features;
using Serverless.Platform.Storage;

namespace Serverless.Operations.Rules;

/// <summary>
/// An admin's rules: blob <c>own.json</c> of container <c>rules</c>, each former version beside it. Every instance reads it again after 60
/// seconds, with the next contact;
/// while storage does not answer, or the file does not fit, the former rules stay in force.
/// </summary>
public sealed partial class OwnRules(BlobStore blobs, TimeProvider time, ILogger<OwnRules> log) : Provided<RuleSet>, IDisposable
{
    public const string Container = "rules";
    private const string Blob = "own.json";
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _one = new(1);
    private volatile InForce? _current;

    /// <summary>The file in force: its text, its version, and what it says.</summary>
    /// <param name="Json">UTF-8; empty for none.</param>
    /// <param name="Tag">16 hex digits made of the content; <c>none</c> without a file.</param>
    /// <param name="Rules">With ours behind them.</param>
    /// <param name="ReadAt">When it was read, by the clock's ticks.</param>
    /// <param name="Problem">Why a later file is not in force; null when this is the latest.</param>
    public sealed record InForce(ReadOnlyMemory<byte> Json, string Tag, RuleSet Rules, long ReadAt, string? Problem = null);

    public override async ValueTask<RuleSet> CurrentAsync(CancellationToken ct) => (await InForceAsync(ct)).Rules;

    /// <summary>What contacts are read by now; read again after 60 seconds.</summary>
    public async ValueTask<InForce> InForceAsync(CancellationToken ct) =>
        _current is { } known && time.GetElapsedTime(known.ReadAt) < Lasts ? known : await ReadAsync(ct);

    /// <summary>The file as it is stored now.</summary>
    public async Task<InForce> LatestAsync(CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            return _current = await LoadAsync(ct);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Puts a file in place of the one that was read. Null when somebody else was faster: nothing is changed then.</summary>
    /// <param name="json">The file.</param>
    /// <param name="rules">What it says.</param>
    /// <param name="tag">Version of the file it replaces; null for any.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<InForce?> ReplaceAsync(ReadOnlyMemory<byte> json, RuleSet rules, string? tag, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            var before = await blobs.ReadAsync(Container, Blob, ct);
            if (tag is not null && tag != TagOf(before?.Content)) return null;
            // The former one first: a crash in between leaves a copy too many, never a rule that nobody can read any more.
            if (before is { } former) await blobs.PutAsync(Container,
                string.Create(CultureInfo.InvariantCulture, $"former/{time.GetUtcNow():yyyyMMddHHmmssfff}-{TagOf(former.Content)}.json"),
                former.Content, ct);
            if (!await blobs.ReplaceAsync(Container, Blob, json, before?.ETag, ct)) return null;
            return _current = new InForce(json, TagOf(json), rules, time.GetTimestamp());
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<InForce> ReadAsync(CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            if (_current is { } fresh && time.GetElapsedTime(fresh.ReadAt) < Lasts) return fresh;
            return _current = await LoadAsync(ct);
        }
        catch (StorageUnavailableException error) when (_current is not null)
        {
            LogFailed(error.Status);
            return _current = _current with { ReadAt = time.GetTimestamp() };
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<InForce> LoadAsync(CancellationToken ct)
    {
        var stored = (await blobs.ReadAsync(Container, Blob, ct))?.Content;
        var tag = TagOf(stored);
        if (_current is { Problem: null } known && known.Tag == tag) return known with { ReadAt = time.GetTimestamp() };
        if (stored is not { } json) return new InForce(default, tag, RuleSet.BuiltIn, time.GetTimestamp());
        try
        {
            return new InForce(json, tag, RuleSet.WithOwn(json), time.GetTimestamp());
        }
        catch (FormatException error)
        {
            // Nobody can put such a file by the API; somebody wrote it past it.
            LogUnfit(error.Message);
            var former = _current ?? new InForce(default, tag, RuleSet.BuiltIn, 0);
            return former with { ReadAt = time.GetTimestamp(), Problem =
                $"{Container}/{Blob} does not fit, the former rules stay in force: {error.Message}" };
        }
    }

    private static string TagOf(ReadOnlyMemory<byte>? json) => json is { } content
        ? Convert.ToHexStringLower(SHA256.HashData(content.Span)[..8]) : "none";

    [LoggerMessage(130, LogLevel.Warning, "own rules could not be read, the former ones stay in force: status={Status}")]
    private partial void LogFailed(int status);

    [LoggerMessage(131, LogLevel.Error, "own rules do not fit, the former ones stay in force: {Problem}")]
    private partial void LogUnfit(string problem);
}
