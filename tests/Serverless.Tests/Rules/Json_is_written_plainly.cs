using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Serverless.Outbox;
using Serverless.Platform.Json;
using Xunit;

namespace Serverless.Tests.Rules;

/// <summary>
/// A number, a name or a secret reads in our JSON as it reads elsewhere: nobody who looks for <c>+49</c> has to know of <c>\u002B</c>.
/// </summary>
public sealed class Json_is_written_plainly
{
    private const string Plain = "+49 30 231, Jürgen O'Neil & Söhne <info@example.com>, secret+/=";

    public static TheoryData<string> Contexts => [.. Types.Select(t => t.FullName!)];

    private static IEnumerable<Type> Types =>
        typeof(PlainJson).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(JsonSerializerContext)));

    [Theory]
    [MemberData(nameof(Contexts))]
    public void Every_context_of_the_app_writes_letters_as_themselves(string context)
    {
        var type = typeof(PlainJson).Assembly.GetType(context)!;
        var standard = (JsonSerializerContext)type.GetProperty("Default", BindingFlags.Static | BindingFlags.Public)!.GetValue(null)!;
        Assert.Same(PlainJson.Encoder, standard.Options.Encoder);
        // And what it gives is made with these options, whichever type is asked for.
        var known = type.GetCustomAttributesData().Where(a => a.AttributeType == typeof(JsonSerializableAttribute))
            .Select(a => (Type)a.ConstructorArguments[0].Value!);
        Assert.All(known, t => Assert.Same(PlainJson.Encoder, standard.GetTypeInfo(t)!.Options.Encoder));
    }

    [Fact]
    public void There_are_contexts_to_look_at() => Assert.InRange(Types.Count(), 12, 100);

    [Fact]
    public void A_writer_and_a_document_do_so_too()
    {
        using var buffer = new MemoryStream();
        using (var writer = PlainJson.Writer(buffer)) writer.WriteStringValue(Plain);
        Assert.Equal($"\"{Plain}\"", Encoding.UTF8.GetString(buffer.ToArray()));
        Assert.Equal($$"""{"a":"{{Plain}}"}""", PlainJson.Text(new JsonObject { ["a"] = Plain }));
    }

    [Fact]
    public void An_event_wrapped_for_a_later_try_stays_as_it_is()
    {
        var json = Encoding.UTF8.GetBytes($$"""{"id":"{{Plain}}"}""");
        Assert.Contains(Plain, Encoding.UTF8.GetString(EventMessage.Write(json, "anna+1", 2)), StringComparison.Ordinal);
        Assert.Contains("anna+1", Encoding.UTF8.GetString(EventMessage.Write(json, "anna+1", 2)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"\\\u0001\u001f\r\n\t")]
    [InlineData("\u2028\ud83d\ude00\ufffe")]
    public void What_JSON_must_escape_is_escaped_and_reads_back(string text)
    {
        var json = PlainJson.Bytes(JsonValue.Create(text));
        Assert.DoesNotContain(json, b => b < 0x20);
        Assert.Equal(text, JsonDocument.Parse(json).RootElement.GetString());
    }
}
