using System.Text.Json;
using Serverless.Local.CommandLine;
using Serverless.Local.Run;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>From which places a local run takes its app settings, and which of them wins.</summary>
public sealed class LocalSettingsTests : IDisposable
{
    private static readonly Dictionary<string, string> Outside = new(StringComparer.Ordinal) { ["outside"] = "http://127.0.0.1:4711" };
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Seeds_win_over_defaults_and_the_run_wins_over_both()
    {
        _scratch.Write("infra/local/local.settings.json",
            """{"IsEncrypted":false,"Values":{"A":"default","B":"default","C":"default","Url":"{outside}/crm"}}""");
        _scratch.Write("seeds/demo/settings.json", """{"B":"seeds","C":"seeds","Number":7,"Flag":true}""");

        var settings = LocalSettings.Merge(_scratch.Repository, Outside,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["C"] = "run" });

        Assert.Equal("default", settings["A"]);
        Assert.Equal("seeds", settings["B"]);
        Assert.Equal("run", settings["C"]);
        Assert.Equal("http://127.0.0.1:4711/crm", settings["Url"]);
        Assert.Equal("7", settings["Number"]);
        Assert.Equal("true", settings["Flag"]);
    }

    [Theory]
    [InlineData("""{"A":{"B":1}}""", "must be text, a number, true or false")]
    [InlineData("""{"A":""", "is not JSON")]
    [InlineData("""[]""", "must be a JSON object")]
    public void A_broken_file_is_named(string json, string sentence)
    {
        _scratch.Write("infra/local/local.settings.json", """{"Values":{}}""");
        _scratch.Write("seeds/demo/settings.json", json);

        var refusal = Assert.Throws<Refusal>(() =>
            LocalSettings.Merge(_scratch.Repository, Outside, new Dictionary<string, string>(StringComparer.Ordinal)));

        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("seeds/demo/settings.json", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void They_are_written_in_the_form_of_Core_Tools()
    {
        var file = Path.Combine(_scratch.Repository.Root, "local.settings.json");

        LocalSettings.Write(file, new Dictionary<string, string>(StringComparer.Ordinal) { ["A"] = "1" });

        using var document = JsonDocument.Parse(File.ReadAllText(file));
        Assert.False(document.RootElement.GetProperty("IsEncrypted").GetBoolean());
        Assert.Equal("1", document.RootElement.GetProperty("Values").GetProperty("A").GetString());
    }
}
