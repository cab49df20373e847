"""Readers of others for what midwatch exports: each takes the text of an export on standard input and prints JSON.

    readers.py csv               the rows
    readers.py markdown          the rows of every table, by markdown-it
    readers.py schema FILE       nothing; fails with what is wrong (FILE is the schema, one JSON document per line of input)
"""

import csv
import io
import json
import sys


def rows(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def tables(text):
    from markdown_it import MarkdownIt

    found, cell = [], None
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        if token.type == "tr_open":
            found.append([])
        elif token.type == "inline" and cell:
            inner = [part.content if part.type in ("text", "code_inline") else f"<{part.type}>" for part in token.children]
            found[-1].append("".join(inner))
        cell = token.type in ("td_open", "th_open")
    return found


def valid(text, schema):
    from jsonschema import Draft202012Validator

    with open(schema, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    wrong = []
    for line in text.splitlines():
        document = json.loads(line)
        which = schema if "schema" in document else {"$ref": "#/$defs/entry", "$defs": schema["$defs"]}
        wrong += [f"{error.json_path}: {error.message}" for error in Draft202012Validator(which).iter_errors(document)]
    if wrong:
        sys.exit("\n".join(wrong))
    return None


text = sys.stdin.buffer.read().decode("utf-8")
what = {"csv": rows, "markdown": tables}.get(sys.argv[1])
print(json.dumps(what(text) if what else valid(text, sys.argv[2])))
