"""Four sealers at once while four writers go on: one chain, no fork, no gap, no run left out."""

import pytest
from django.conf import settings
from tests.factories.orders import bring, open_company
from tests.factories.truths import unproven
from tests.races.crew import Crew, errors, request

from zhanggui.journal import rules
from zhanggui.journal.models import ChainHead, PendingSeal, Run, Seal
from zhanggui.journal.steps import seal_runs

pytestmark = pytest.mark.postgres


def test_sealers_and_writers_at_once_make_one_chain(crew: Crew) -> None:
    company = open_company(TEA=1_000)
    ids = bring(company, 200, {"TEA": 1})
    writers = [request("confirmed", [[key] for key in ids[at::4]]) for at in range(4)]
    sealers = [request("sealed", [[7]] * 60) for _ in range(4)]
    assert errors(crew.race(writers + sealers)) == []
    head = seal_runs()
    assert not PendingSeal.objects.exists()
    assert unproven() == {}
    assert [head.seq, head.hash] == list(ChainHead.objects.values_list("seq", "hash").get())
    assert head.seq == Run.objects.count() == Seal.objects.count() > 200


def test_every_link_is_the_keyed_hash_of_its_run_and_the_link_before(crew: Crew) -> None:
    company = open_company(TEA=1_000)
    ids = bring(company, 40, {"TEA": 1})
    crew.race([request("confirmed", [[key] for key in ids])] + [request("sealed", [[3]] * 20) for _ in range(4)])
    seal_runs()
    before = rules.GENESIS
    for seal in Seal.objects.order_by("seq"):
        run = Run.objects.filter(id=seal.run_id).values_list(*rules.CHAINED).get()
        assert seal.previous == before
        assert seal.hash == rules.link(before, rules.run_bytes(run), settings.CHAIN_KEY)
        before = seal.hash
