using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Serverless.Attachments;
using Serverless.Cases;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Intake;
using Serverless.Platform.Storage;

namespace Serverless.Privacy;

/// <summary>
/// Exports all stored data of a person as one ZIP, created while it is sent, so that no copy is stored. Data of other people is left out
/// or masked.
/// </summary>
public sealed partial class PersonExport(CaseReader reader, DeliveryStore deliveries, DeliveryMatcher speaking, BlobStore blobs,
    ChannelDirectory channels)
{
    /// <summary>Replaces data of other people.</summary>
    public const string Masked = "(somebody else)";

    /// <summary>Writes the ZIP: <c>about.json</c>, <c>cases/*.json</c> as <c>api/cases/{id}</c> shows them, <c>files/*</c>,
    /// <c>deliveries/*</c> to the byte, save for proofs that only sender and receiver may know.</summary>
    /// <param name="order">A find that is done.</param>
    /// <param name="address">Whose.</param>
    /// <param name="to">Written to its end; not disposed.</param>
    /// <param name="ct">Cancels.</param>
    public async Task WriteAsync(PrivacyRequest order, PersonAddress address, Stream to, CancellationToken ct)
    {
        await using var zip = await ZipArchive.CreateAsync(to, ZipArchiveMode.Create, leaveOpen: true, null, ct);
        await AddAsync(zip, "about.json",
            JsonSerializer.SerializeToUtf8Bytes(PrivacyRequests.Report(order) with { Next = null },
                PrivacyJson.Default.PrivacyRequestReport), ct);
        foreach (var one in order.Cases)
        {
            // Erased meanwhile, or never opened.
            if (await reader.FindAsync(one.Id, ct) is not { } file) continue;
            var theirs = Theirs(file, address);
            await AddAsync(zip, $"cases/{file.Case.Number}.json", JsonSerializer.SerializeToUtf8Bytes(theirs, CaseJson.Default.CaseFile),
                ct);
            foreach (var attachment in theirs.Contacts.SelectMany(c => c.Files).Where(f => f.State == AttachmentState.Stored))
            {
                if (await blobs.OpenAsync(AttachmentRequests.Container, AttachmentRequests.BlobOf(one.Id, attachment.Id),
                    ct) is not { } bytes) continue;
                await using (bytes)
                {
                    await using var entry =
                        await zip.CreateEntry(
                            $"files/{file.Case.Number}/{attachment.Id[..8]}-{Strange().Replace(attachment.Name ?? "file", "_")}")
                            .OpenAsync(ct);
                    await bytes.CopyToAsync(entry, ct);
                }
            }
        }

        var wanted = DeliveryMatcher.Wanted.Of(order);
        foreach (var name in order.Deliveries)
        {
            var key = new DeliveryKey(name.Split('/')[0], name.Split('/')[1]);
            if (await deliveries.FindAsync(key, ct) is { } row && await speaking.IsTheirsAloneAsync(wanted, key, row, ct))
            {
                var body = (await deliveries.LoadAsync(key, row, ct)).Body;
                await AddAsync(zip, $"deliveries/{key.Channel}-{key.Id}", channels.Find(key.Channel) is { } channel
                    ? BearerProofs.HandedOut(channel, body) : body, ct);
            }
        }
    }

    /// <summary>A case as one of those in it may see it.</summary>
    internal static CaseFile Theirs(CaseFile file, PersonAddress address)
    {
        // An answer that names nobody is theirs where nobody else was answered.
        var alone = file.Contacts.All(c => c.Contact.Parties.Count == 0 || address.IsOf(c.Contact));
        var contacts = file.Contacts.Where(c => address.IsOf(c.Contact) || (alone && c.Contact.Direction == Direction.Outbound)).ToList();
        var ids = contacts.Select(c => c.Id).ToHashSet(StringComparer.Ordinal);
        return file with { Contacts = [.. contacts.Select(c => c with { Contact = Theirs(c.Contact, address) })],
            Replies = [.. file.Replies.Where(r => ids.Contains(r.To))],
            Known = file.Known?.Where(k => ids.Contains(k.ContactId)).ToList(),
            DoNotAsk = null,
            Promises = file.Promises?.Where(p => p.Contact is null || ids.Contains(p.Contact)).ToList() };
    }

    private static Contact Theirs(Contact contact, PersonAddress address) => contact with
    {
        Parties = [.. contact.Parties.Select(p => address.Is(p.Value) ? p : p with { Value = Masked, Name = null })],
        Reply = contact.Reply is null || address.Is(contact.Reply.Address) ? contact.Reply : contact.Reply with { Address = Masked },
        // Made of addresses: ours, theirs, or of those who write in the same place.
        ThreadKey = null,
        ThreadAlias = null,
        ThreadPlace = null,
        Call = contact.Call is { } call
        ? call with { Answerer = null, Legs = call.Legs?.Select(l => l with { Target = null }).ToList() } : null,
        Extras = contact.Extras?.ToDictionary(e => e.Key, e =>
            MailAddress().Replace(e.Value, m => address.Is(m.Value) ? m.Value : Masked), StringComparer.Ordinal),
        Unknown = null,
    };

    private static async Task AddAsync(ZipArchive zip, string name, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        await using var entry = await zip.CreateEntry(name).OpenAsync(ct);
        await entry.WriteAsync(bytes, ct);
    }

    [GeneratedRegex(@"[^\s<>"",;:]+@[^\s<>"",;:]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MailAddress();

    [GeneratedRegex(@"[^\w.-]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Strange();
}
