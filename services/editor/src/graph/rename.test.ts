import { describe, expect, it } from "vitest";
import { CATALOGUE } from "./fixtures";
import { renameInParams } from "./rename";

const NEW = 'new "x"';
const to = (names: Record<string, string>) => new Map(Object.entries(names));
/** Places to fill in stand as `#{` in the cases: the linter takes them for forgotten backticks. */
const filled = (text: string) => text.replaceAll("#{", "${");
const inText = (text: string) => renameInParams({ k: [text] }, to({ old: NEW })).k;
const inCode = (code: string, language?: string) =>
  renameInParams(
    { code, ...(language ? { language } : {}) },
    to({ old: NEW }),
    CATALOGUE.get("core.code"),
  ).code;

describe("renaming a node", () => {
  it.each([
    ['{{ $("old").item }}', '{{ $("new \\"x\\"").item }}'],
    ["{{ $('old').item }}", "{{ $('new \"x\"').item }}"],
    ["{{ $(`old`).item }}", '{{ $(`new "x"`).item }}'],
    ["{{ $node['old'].json + 'old' }}", "{{ $node['new \"x\"'].json + 'old' }}"],
    ["{{ $node.old.json }}", '{{ $node["new \\"x\\""].json }}'],
    ["{{ $node?.old.json }}", '{{ $node?.["new \\"x\\""].json }}'],
    ["{{ $item(0).$node['old'].json }}", "{{ $item(0).$node['new \"x\"'].json }}"],
    ["{{ $item(0).$node('old').first() }}", "{{ $item(0).$node('new \"x\"').first() }}"],
    ["{{ $items('old') }}", "{{ $items('new \"x\"') }}"],
    ["é {{ 'é' + $('old').item }} $('old')", "é {{ 'é' + $('new \"x\"').item }} $('old')"],
    ["{{ $json.map(x => $('old').all()[x]) }}", "{{ $json.map(x => $('new \"x\"').all()[x]) }}"],
    ["{{ [...$('old').all()] }}", "{{ [...$('new \"x\"').all()] }}"],
    ["{{ `a #{$('old').item.json.a} }}` }}", "{{ `a #{$('new \"x\"').item.json.a} }}` }}"],
    ["{{ `#{`#{$('old')}`}` }}", "{{ `#{`#{$('new \"x\"')}`}` }}"],
    ["{{ ({a:{b:1}}).a.b + $('old') }}", "{{ ({a:{b:1}}).a.b + $('new \"x\"') }}"],
    ["{{ ({a:{b:{}}}) }} {{ $('old') }}", "{{ ({a:{b:{}}}) }} {{ $('new \"x\"') }}"],
    ["{{ '}}' + $('old') }}", "{{ '}}' + $('new \"x\"') }}"],
    ["{{ /[/'}]}}/.test($('old')) }}", "{{ /[/'}]}}/.test($('new \"x\"')) }}"],
    ["{{ 1 /* }} ' */ + $('old') }}", "{{ 1 /* }} ' */ + $('new \"x\"') }}"],
    ["{{ 6 / 2 + $('old') / 2 }}", "{{ 6 / 2 + $('new \"x\"') / 2 }}"],
  ])("rewrites %s", (text, renamed) => {
    expect(inText(filled(text))).toEqual([filled(renamed)]);
  });

  it.each([
    "{{ $('older').item }}",
    "{{ \"$('old')\" }}",
    "{{ 1 /* $('old') */ }}",
    "{{ $json.$('old') }}",
    "{{ $json.old }}",
    "{{ 1 }} $('old') }}",
    "{{ $('old' }",
  ])("leaves %s alone", (text) => {
    expect(inText(text)).toEqual([text]);
  });

  it("rewrites code in either language, without braces", () => {
    expect(inCode("const s = `}`; // don't\nreturn $('old').all()")).toBe(
      "const s = `}`; // don't\nreturn $('new \"x\"').all()",
    );
    expect(inCode("a = _node('old').first()\nreturn _(\"old\") # '", "python")).toBe(
      'a = _node(\'new "x"\').first()\nreturn _("new \\"x\\"") # \'',
    );
    expect(inCode("return f\"{_node('old').first()} {my_node('old')}\"", "python")).toBe(
      "return f\"{_node('new \"x\"').first()} {my_node('old')}\"",
    );
    expect(inCode("return '{{ $json.old }}'")).toBe("return '{{ $json.old }}'");
  });

  it("reads a name as it is written, with its escapes, and writes it so that it is read", () => {
    const names = to({ "it's": "a\\b", 'a "b"': filled("c#{d}") });
    const params = { k: "{{ $('it\\'s') + $(`a \"b\"`) }}" };
    expect(renameInParams(params, names)).toEqual({
      k: filled("{{ $('a\\\\b') + $(`c\\#{d}`) }}"),
    });
  });

  it("changes many names at once, each but once", () => {
    const params = { k: '{{ $("a") + $("b") + $("c") }}' };
    expect(renameInParams(params, to({ a: "b", b: "c", c: "a" }))).toEqual({
      k: '{{ $("b") + $("c") + $("a") }}',
    });
  });
});
