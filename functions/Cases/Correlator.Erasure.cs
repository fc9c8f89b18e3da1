using Azure;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <content>What erasure asks of the index of contacts and threads.</content>
public sealed partial class Correlator
{
    /// <summary>Replaces the known data of a contact by a tombstone, which blocks every copy for good.</summary>
    public Task BuryAsync(string contactKey, string caseId, CancellationToken ct) =>
        tables.UpsertAsync(Seen, new TableRow(contactKey, "seen") { ["CaseId"] = caseId, ["Erased"] = true }, ct);

    /// <summary>Forgets a contact that came into a case just when that was erased, so that it finds another one.</summary>
    public Task ForgetAsync(string contactKey, CancellationToken ct) => tables.DeleteAsync(Seen, contactKey, "seen", ETag.All, ct);

    /// <summary>Deletes the pointer of a conversation, if it leads to a case.</summary>
    public Task LetGoAsync(string threadKey, string caseId, CancellationToken ct) => _conversations.LetGoAsync(threadKey, caseId, ct);
}
