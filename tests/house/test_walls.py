"""The walls of the house: the size of functions and files, and no float anywhere near money.

Where a slash is a path and where it is a division is told by the operands alone: the left-most one
is a `Path(...)`, a call or attribute that gives a path, or a name that ends as a path's name does,
or some right-hand one is text. Every other `/` in a room of money is taken for a division.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FUNCTION, LONGEST_FILE = 70, 400

PATH_NAME = re.compile(r"(^|_)(path|folder|root|directory|dir|home|here|parent|PATH|ROOT|FOLDER)$")
PATH_CALLS = {"Path", "PurePath", "PurePosixPath", "files"}
PATH_CALLS |= {"absolute", "cwd", "joinpath", "resolve", "with_name", "with_suffix"}
FLOAT_NAMES = re.compile(r"^(float|double)(16|32|64)?$")

SQL_COMMENT_OR_TEXT = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
SQL_FLOAT = re.compile(r"\b(?:double|float[48]?|real)\b")
SQL_MEAN = re.compile(r"\b(?:avg|mean|favg)\s*\(")
SQL_DIVISION = re.compile(r"(?<!/)/(?!/)")


def python_files() -> list[Path]:
    """Return every Python file that we write, `dev` included."""
    folders = ("recon_engine", "dags", "tests", "benchmarks")
    return [ROOT / "dev", *(path for f in folders for path in sorted((ROOT / f).rglob("*.py")))]


def money_files() -> list[Path]:
    """Return the Python files of the rooms where money is only ever a whole number."""
    house = ROOT / "recon_engine"
    rooms = [*(house / "stages").rglob("*.py"), *(house / "rulebook").rglob("*.py")]
    return [house / "money.py", *sorted(rooms)]


def sql_files() -> list[Path]:
    """Return every fixed query of the engine."""
    return sorted((ROOT / "recon_engine").rglob("*.sql"))


def oversize(source: str) -> Iterator[str]:
    """Yield each function, and the file itself, that stands through a wall."""
    lines = len(source.splitlines())
    if lines > LONGEST_FILE:
        yield f"1: {lines} lines in the file, expected at most {LONGEST_FILE}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > LONGEST_FUNCTION:
                yield f"{node.lineno}: {node.name} has {size} lines, expected {LONGEST_FUNCTION}"


def gives_a_path(node: ast.expr) -> bool:
    """Tell whether an expression is a path by what it is called."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return gives_a_path(node.left) or gives_text(node.right)
    if isinstance(node, ast.Call):
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        return name in PATH_CALLS
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Attribute) and node.value.attr == "parents"
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return bool(PATH_NAME.search(name))


def gives_text(node: ast.expr) -> bool:
    """Tell whether an expression is a text in quotes, by which no number can be divided."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def floats_in_python(source: str) -> Iterator[str]:
    """Yield each float literal, mention of a float type and true division of a source text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield f"{node.lineno}: the float {node.value!r}"
        elif isinstance(node, ast.Name) and FLOAT_NAMES.match(node.id):
            yield f"{node.lineno}: the type {node.id}"
        elif isinstance(node, ast.Attribute) and FLOAT_NAMES.match(node.attr):
            yield f"{node.lineno}: the type {node.attr}"
        elif isinstance(node, ast.Attribute) and node.attr in ("truediv", "itruediv"):
            yield f"{node.lineno}: a division that gives a float"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            if not gives_a_path(node):
                yield f"{node.lineno}: a division that gives a float"
        elif (
            isinstance(node, ast.AugAssign)
            and isinstance(node.op, ast.Div)
            and not (gives_a_path(node.target) or gives_text(node.value))
        ):
            yield f"{node.lineno}: a division that gives a float"


def bare_sql(source: str) -> str:
    """Return a query in lower case, its comments and texts blanked, its lines where they were."""
    return SQL_COMMENT_OR_TEXT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), source).lower()


def floats_in_sql(source: str) -> Iterator[str]:
    """Yield each operator, function and cast of a query that makes a DOUBLE out of money."""
    query = bare_sql(source)
    for pattern, what in (
        (SQL_DIVISION, "a division that gives DOUBLE; use // or split in allocation"),
        (SQL_MEAN, "a mean, which is DOUBLE"),
        (SQL_FLOAT, "a float type"),
    ):
        for found in pattern.finditer(query):
            yield f"{query.count(chr(10), 0, found.start()) + 1}: {what}"


def outermost(statement: str) -> str:
    """Return a statement without what stands in its brackets."""
    depth, kept = 0, []
    for letter in statement:
        depth -= letter == ")"
        kept.append(letter if depth == 0 else " ")
        depth += letter == "("
    return "".join(kept)


def stars_in_sql(source: str) -> Iterator[str]:
    """Yield the `select *` of an output: the outermost select of the last statement."""
    statements = [text for text in bare_sql(source).split(";") if text.strip()]
    for columns in re.findall(
        r"\bselect\b(.*?)(?=\bfrom\b|$)", outermost(statements[-1]) if statements else "", re.DOTALL
    ):
        for column in columns.split(","):
            if re.match(r"(?:(?:distinct|all)\s+)?(?:\w+\s*\.\s*)?\*", column.strip()):
                yield f"an output that is select {' '.join(column.split())}"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (LONGEST_FUNCTION - 1, []),
        (LONGEST_FUNCTION, [f"1: f has {LONGEST_FUNCTION + 1} lines, expected {LONGEST_FUNCTION}"]),
    ],
)
def test_a_function_past_the_wall_is_found(body: int, found: list[str]) -> None:
    for opening in ("def", "async def"):
        source = f"{opening} f():\n" + "    pass\n" * body

        assert list(oversize(source)) == found


def test_a_file_past_the_wall_is_found() -> None:
    assert list(oversize("x = 1\n" * LONGEST_FILE)) == []
    assert list(oversize("x = 1\n" * (LONGEST_FILE + 1))) == [
        f"1: {LONGEST_FILE + 1} lines in the file, expected at most {LONGEST_FILE}"
    ]


@pytest.mark.parametrize(
    "fault",
    [
        "rate = 0.05",
        "rate = 1e2",
        "rate = float('1')",
        "def f(x: float) -> None: ...",
        "def f() -> list[float]: ...",
        "kind = pa.float64()",
        "fee = total / 3",
        "fee = total / days",
        "fee = amounts[0] / 2",
        "fee = sum(parts) / len(parts)",
        "fee /= 2",
        "fee = operator.truediv(total, 3)",
        "path = Path('a'); share = total / count",
    ],
)
def test_a_planted_float_in_a_room_of_money_is_found(fault: str) -> None:
    assert list(floats_in_python(fault))


@pytest.mark.parametrize(
    "innocent",
    [
        "fee = total // 3",
        "rate = Decimal('0.05')",
        "name = folder / 'a.sql'",
        "name = folder / kind / 'a.sql'",
        "name = Path(__file__).parent / name",
        "name = Path(__file__).resolve().parents[2] / name",
        "name = self.landing_folder / name",
        "name = anything / f'{kind}.sql'",
        "name = files('recon_engine') / name",
        "folder /= name",
        "text = 'a float such as 0.05, or a / b'",
    ],
)
def test_paths_integers_and_decimals_are_no_floats(innocent: str) -> None:
    assert list(floats_in_python(innocent)) == []


@pytest.mark.parametrize(
    "fault",
    [
        "select a / b as c from t",
        "select a/b as c from t",
        "select avg (a) as c from t",
        "select a::double as c from t",
        "select a :: float8 as c from t",
        "select cast(a as double) as c from t",
        "select try_cast(a as double) as c from t",
        "select cast(coalesce(a, 0) as real) as c from t",
        "select 1 as one; -- fine\nselect A::DOUBLE as c from t",
    ],
)
def test_a_planted_float_in_a_query_is_found(fault: str) -> None:
    assert list(floats_in_sql(fault))


def test_a_fault_in_a_query_is_found_on_its_own_line() -> None:
    query = "-- x: a / b\nselect\n    a,\n    b / c as d,\nfrom t\n"

    assert [found.split(":")[0] for found in floats_in_sql(query)] == ["4"]


@pytest.mark.parametrize(
    "innocent",
    [
        "select a // b as c from t",
        "-- fee: net / gross, and avg(x)\nselect a from t",
        "/* a / b::double */ select a from t",
        "select 'a / b, avg(x)::double' as c, 'it''s / 2' as d from t",
        "select cast(a as bigint) as doubled, b as really from t",
    ],
)
def test_whole_numbers_comments_and_texts_of_a_query_are_no_floats(innocent: str) -> None:
    assert list(floats_in_sql(innocent)) == []


@pytest.mark.parametrize(
    "fault",
    [
        "select * from t order by id",
        "select t.* from t",
        "select distinct * from t",
        "select a, * from t",
        "with x as (select a from t)\nselect\n    *\nfrom x",
        "select a from t; select * exclude (b) from t",
        "select a from t union all select * from u",
    ],
)
def test_a_star_in_an_output_is_found(fault: str) -> None:
    assert list(stars_in_sql(fault))


@pytest.mark.parametrize(
    "innocent",
    [
        "with x as (select * from t) select a from x",
        "select count(*) as lines from t",
        "select a * b as c from t",
        "create table x as (select * from t); select a from x;",
        "select a from t -- select * from t",
    ],
)
def test_a_star_inside_a_query_is_allowed(innocent: str) -> None:
    assert list(stars_in_sql(innocent)) == []


def test_no_function_and_no_file_stands_through_a_wall() -> None:
    found = [f"{p.relative_to(ROOT)}:{x}" for p in python_files() for x in oversize(p.read_text())]

    assert found == []


def test_no_float_stands_in_a_room_of_money() -> None:
    files = money_files()
    found = [f"{p.relative_to(ROOT)}:{x}" for p in files for x in floats_in_python(p.read_text())]

    assert len(files) > 1
    assert found == []


def test_no_query_makes_a_float_or_an_output_of_unnamed_columns() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{fault}"
        for path in sql_files()
        for fault in (*floats_in_sql(path.read_text()), *stars_in_sql(path.read_text()))
    ]

    assert found == []
