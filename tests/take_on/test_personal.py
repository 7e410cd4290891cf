"""Opening items of a company with personal fields: sealed like its files, hidden in its tables."""

from __future__ import annotations

from recon_engine.run import open_project, read_table
from recon_engine.run.take_ons import take_ons
from recon_engine.take_on import enact, judge, propose
from tests.personal_books import found_in
from tests.take_on.conftest import EVE, Books

CUSTOMER = "Wilhelmine Sonnenkaefer"


def test_the_customer_of_an_opening_item_lies_nowhere_and_a_token_stands_for_it(
    books: Books,
) -> None:
    ledger = books.folder / "mappings" / "sources" / "ledger.yaml"
    ledger.write_text(ledger.read_text() + "personal: [customer]\n")
    settings = books.folder / "recon.yaml"
    settings.write_text(settings.read_text() + "privacy: {keys: periods}\n")
    books.rewrite("C-INV-7", CUSTOMER)

    with open_project(books.folder) as project:
        propose(project, books.opening, "E1", EVE, maker="ana")
        (one,) = take_ons(project.state)
        one = judge(project, one, "approve", checker="ben", reason="checked")
        assert enact(project, one, actor="ben").run.status == "done"
        (item,) = [
            row
            for row in read_table(project, "opening_item", EVE).to_pylist()
            if row["customer"] is not None
        ]
        assert project.lake.keys is not None
        name = item["customer"].split(":")[1]
        assert project.lake.keys.cloak(name).reveal(item["customer"]) == CUSTOMER
        with project.lake.open_landed(one.file_id) as stream:
            assert stream.read() == books.opening.read_bytes()

    assert found_in(books.folder, CUSTOMER) == [str(books.opening)]
