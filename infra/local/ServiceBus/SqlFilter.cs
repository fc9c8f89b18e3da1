using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Serverless.Local.CommandLine;

namespace Serverless.Local.ServiceBus;

/// <summary>
/// The part of the SQL filter language that the templates write: comparison, LIKE, IN, IS NULL, AND, OR, NOT, parentheses. A property that a message
/// does not have is unknown, and what depends on it does not match. https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-filter
/// </summary>
public sealed partial class SqlFilter
{
    private const string Broken = "The filter cannot be read";
    private readonly string _sql;
    private readonly List<string> _tokens;
    private readonly Func<TopicMessage, bool?> _condition;
    private int _at;

    private SqlFilter(string sql)
    {
        _sql = sql;
        _tokens = [.. Token().Matches(sql).Select(m => m.Value)];
        if (Token().Replace(sql, "").Trim().Length > 0) throw Refused();
        _condition = Or();
        if (_at < _tokens.Count) throw Refused();
    }

    /// <exception cref="Refusal">It is not of the part that is understood here.</exception>
    public static SqlFilter Parse(string sql) => new(sql);

    public bool Takes(TopicMessage message) => _condition(message) == true;

    public override string ToString() => _sql;

    private Func<TopicMessage, bool?> Or()
    {
        var left = And();
        while (Next("OR"))
        {
            var (a, b) = (left, And());
            left = m => (a(m), b(m)) switch { (true, _) or (_, true) => true, (false, false) => false, _ => null };
        }

        return left;
    }

    private Func<TopicMessage, bool?> And()
    {
        var left = Not();
        while (Next("AND"))
        {
            var (a, b) = (left, Not());
            left = m => (a(m), b(m)) switch { (false, _) or (_, false) => false, (true, true) => true, _ => null };
        }

        return left;
    }

    private Func<TopicMessage, bool?> Not()
    {
        if (Next("NOT"))
        {
            var inner = Not();
            return m => !inner(m);
        }

        if (!Next("(")) return Comparison();
        var group = Or();
        Demand(")");
        return group;
    }

    private Func<TopicMessage, bool?> Comparison()
    {
        var left = Operand();
        if (Next("IS"))
        {
            var not = Next("NOT");
            Demand("NULL");
            return m => left(m) is null != not;
        }

        var negated = Next("NOT");
        if (Next("LIKE"))
        {
            var pattern = Pattern(Operand()(null) as string ?? throw Refused());
            return m => left(m) is string text ? pattern.IsMatch(text) != negated : null;
        }

        if (Next("IN"))
        {
            Demand("(");
            List<Func<TopicMessage?, object?>> values = [Operand()];
            while (Next(",")) values.Add(Operand());
            Demand(")");
            return m => left(m) is { } value ? values.Exists(v => Compare(value, v(m)) == 0) != negated : null;
        }

        if (negated) throw Refused();
        var sign = _at < _tokens.Count ? _tokens[_at++] : "";
        var right = Operand();
        Func<int, bool> holds = sign switch
        {
            "=" => c => c == 0,
            "<>" or "!=" => c => c != 0,
            "<" => c => c < 0,
            "<=" => c => c <= 0,
            ">" => c => c > 0,
            ">=" => c => c >= 0,
            _ => throw Refused(),
        };
        return m => Compare(left(m), right(m)) is { } order ? holds(order) : null;
    }

    private Func<TopicMessage?, object?> Operand()
    {
        if (_at >= _tokens.Count) throw Refused();
        var token = _tokens[_at++];
        if (token[0] == '\'')
        {
            var text = token[1..^1].Replace("''", "'", StringComparison.Ordinal);
            return _ => text;
        }

        if (double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return _ => number;
        if (token.Equals("TRUE", StringComparison.OrdinalIgnoreCase)) return _ => true;
        if (token.Equals("FALSE", StringComparison.OrdinalIgnoreCase)) return _ => false;
        if (!Name().IsMatch(token)) throw Refused();
        var scope = token.Split('.', 2) is [var first, _] && first.ToUpperInvariant() is "SYS" or "USER" ? token.Split('.', 2)[0] : "";
        var name = (scope.Length > 0 ? token[(scope.Length + 1)..] : token).Trim('[', ']', '"');
        if (!scope.Equals("sys", StringComparison.OrdinalIgnoreCase)) return m => m?.Value(name);
        var known = Array.Find(TopicMessage.SystemNames, n => n.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? throw Refused();
        return m => m?.System.GetValueOrDefault(known);
    }

    private static int? Compare(object? a, object? b) => (a, b) switch
    {
        (string x, string y) => string.CompareOrdinal(x, y),
        (bool x, bool y) => x.CompareTo(y),
        (long or double, long or double) => Convert.ToDouble(a, CultureInfo.InvariantCulture).CompareTo(Convert.ToDouble(b, CultureInfo.InvariantCulture)),
        _ => null,
    };

    private static Regex Pattern(string like)
    {
        var regex = new StringBuilder("^");
        foreach (var c in like) regex.Append(c switch { '%' => ".*", '_' => ".", _ => Regex.Escape(c.ToString()) });
        return new Regex(regex.Append('$').ToString(), RegexOptions.Singleline | RegexOptions.NonBacktracking, TimeSpan.FromSeconds(1));
    }

    private bool Next(string word)
    {
        if (_at >= _tokens.Count || !_tokens[_at].Equals(word, StringComparison.OrdinalIgnoreCase)) return false;
        _at++;
        return true;
    }

    private void Demand(string word)
    {
        if (!Next(word)) throw Refused();
    }

    private Refusal Refused() => new($"{Broken} near word {_at}: {_sql}");

    [GeneratedRegex("""'(?:[^']|'')*'|(?:\w+\.)?\[[^\]]+\]|"[^"]+"|<=|>=|<>|!=|[=<>(),]|-?\d+(?:\.\d+)?|\w[\w.\-]*""", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token();

    [GeneratedRegex("""^(?:\w+\.)?(?:\[[^\]]+\]|"[^"]+"|\w[\w.\-]*)$""", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
