using System.Text.Json.Serialization;
using Serverless.Platform.Json;

namespace Serverless.Contacts;

/// <summary>The wire form of contacts: camel case, enums as words, nothing for null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContactEvent))]
[JsonSerializable(typeof(Contact))]
public sealed partial class ContactJson : JsonSerializerContext
{
    static ContactJson() => Default = new(PlainJson.Of(Default));
}
