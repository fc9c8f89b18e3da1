using System.Text.Json;

namespace Serverless.Channels.Generic;

/// <summary>A CloudEvents 1.0 event whose required attributes hold. Lives only as long as the JSON document it was read from.</summary>
/// <param name="Id">Unique within <paramref name="Source"/>: the two together identify the event.</param>
/// <param name="Source">A URI reference, not empty.</param>
/// <param name="Type">Not empty.</param>
/// <param name="Subject">Null when absent.</param>
/// <param name="Time">UTC; null when absent.</param>
/// <param name="Data">JSON data; undefined when the data is text or absent.</param>
/// <param name="Text">Data that is text; null when it is JSON or absent.</param>
/// <param name="IsOpaque">True when its data is neither JSON nor text: sender and type are known nevertheless.</param>
internal readonly record struct IncomingCloudEvent(string Id, string Source, string Type, string? Subject, DateTimeOffset? Time,
    JsonElement Data, string? Text, bool IsOpaque = false);
