using System.Globalization;

namespace Serverless.Tests.Infra;

/// <summary>Finishes what the compiler leaves of an expression: <c>format</c> of texts, and the suffixes of the public cloud. What only a
/// deployment knows stays, in braces.</summary>
/// <remarks>https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions</remarks>
internal sealed class ArmExpression
{
    private readonly string _text;
    private int _at = 1;

    private ArmExpression(string text) => _text = text;

    /// <summary>The text itself when it is no expression.</summary>
    public static string Resolve(string text) => text is ['[', not '[', .., ']'] ? new ArmExpression(text).Value() : text;

    private string Value()
    {
        if (_text[_at] == '\'') return Literal();
        var start = _at;
        while (_text[_at] is not ('(' or ')' or ',' or ']')) _at++;
        var name = _text[start.._at];
        if (_text[_at] != '(') return name.Trim();
        var arguments = Arguments();
        while (_text[_at] == '.' || _text[_at] == '[') SkipAccess();
        var whole = _text[start.._at];
        return whole switch
        {
            "environment().suffixes.storage" => "core.windows.net",
            "environment().suffixes.keyvaultDns" => ".vault.azure.net",
            _ when name == "format" => string.Format(CultureInfo.InvariantCulture, arguments[0], [.. arguments[1..]]),
            _ => $"{{{whole}}}",
        };
    }

    private List<string> Arguments()
    {
        List<string> arguments = [];
        _at++;
        while (_text[_at] != ')')
        {
            arguments.Add(Value());
            while (_text[_at] is ',' or ' ') _at++;
        }

        _at++;
        return arguments;
    }

    private void SkipAccess()
    {
        if (_text[_at] == '[')
        {
            _at++;
            _ = Value();
            _at++;
            return;
        }

        _at++;
        while (char.IsLetterOrDigit(_text[_at])) _at++;
    }

    private string Literal()
    {
        var start = ++_at;
        while (_text[_at] != '\'' || _text[_at + 1] == '\'') _at += _text[_at] == '\'' ? 2 : 1;
        return _text[start.._at++].Replace("''", "'", StringComparison.Ordinal);
    }
}
