"""The yardstick: the same four stages as plain set-based SQL, with the same rows written, without a digest.

It speaks to the driver directly, decides in SQL, and commits after each stage, as the steps do. Stock is plentiful in
the bench, so both decide alike; the reference still checks it, by running sums.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from zhanggui.kernel import sql

Statement = tuple[str, tuple[object, ...]]


class Reference:
    """Raw SQL over the product's own tables, on either engine."""

    def __init__(self) -> None:
        connection.ensure_connection()
        self._postgresql = connection.vendor == "postgresql"
        self._db: Any = connection.connection
        self._cursor = self._own_cursor()
        self._execute("CREATE TEMPORARY TABLE IF NOT EXISTS bench_batch (id bigint PRIMARY KEY, place bigint NOT NULL)")

    def _own_cursor(self) -> Any:
        if not self._postgresql:
            return self._db.cursor()
        from psycopg import Cursor

        return Cursor(self._db)

    def whole_path(self, ids: Sequence[int], as_of: datetime) -> None:
        """Take orders from received to shipped, a committed transaction per stage."""
        for stage in (self._confirm, self._reserve, self._release, self._ship):
            self._execute("BEGIN" if self._postgresql else "BEGIN IMMEDIATE")
            self._load(ids)
            self._plan_for(len(ids))
            stage(as_of)
            self._execute("COMMIT")

    def _load(self, ids: Sequence[int]) -> None:
        self._execute("TRUNCATE bench_batch" if self._postgresql and len(ids) > 1_000 else "DELETE FROM bench_batch")
        if self._postgresql:
            self._execute(
                "INSERT INTO bench_batch SELECT * FROM unnest(%s::bigint[]) WITH ORDINALITY",
                (sql.array("postgresql", ids),),
            )
        else:
            self._cursor.executemany("INSERT INTO bench_batch VALUES (?, ?)", zip(ids, range(len(ids)), strict=True))

    def _plan_for(self, n_rows: int) -> None:
        """Keep PostgreSQL on index look-ups for small batches: a fresh temporary table has no statistics."""
        if self._postgresql and n_rows < 5_000:
            self._execute("SET LOCAL jit = off")
            for method in ("hashjoin", "mergejoin", "seqscan"):
                self._execute(f"SET LOCAL enable_{method} = off")

    def _execute(self, text: str, parameters: Sequence[object] = ()) -> None:
        if not self._postgresql:
            text = text.replace("%s", "?")
            parameters = [sql.sqlite_moment(v) if isinstance(v, datetime) else v for v in parameters]
        self._cursor.execute(text, parameters)

    def _new_id(self) -> str:
        """Return the expression that numbers inserted rows."""
        if self._postgresql:
            return "nextval('journal_fact_id')"
        return "(SELECT last FROM journal_idcounter) + row_number() OVER ()"

    def _bump(self, table: str) -> None:
        """Move SQLite's counter past the rows just inserted; a sequence has moved by itself."""
        if not self._postgresql:
            self._execute(f"UPDATE journal_idcounter SET last = (SELECT max(id) FROM {table})")

    def _run(self, step: str, as_of: datetime) -> int:
        """Write the run record and return its id."""
        if self._postgresql:
            self._execute("SELECT nextval('journal_fact_id')")
        else:
            self._execute(sql.SQLITE_NEXT_IDS, (1,))
        run_id = int(self._cursor.fetchone()[0])
        self._execute(
            "INSERT INTO journal_run (id, step, clause, actor_kind, actor_id, as_of, recorded_at, reason, input_hash,"
            " outcome, accepted, rejected, codes, terms, statements, duration_us, digest)"
            " VALUES (%s, %s, '1.2', 'cli', 'bench', %s, %s, '', '', 'done', 0, 0, '{}', '{}', 0, 0, '')",
            (run_id, step, as_of, as_of),
        )
        return run_id

    def _move_orders(self, run: int, before: str, after: str, column: str, as_of: datetime) -> None:
        self._execute(
            f"UPDATE orders_order SET state = %s, version = version + 1, {column} = %s"
            " WHERE id IN (SELECT id FROM bench_batch) AND state = %s",
            (after, as_of, before),
        )
        self._execute(
            "INSERT INTO journal_transition (run_id, kind, subject_id, from_state, to_state)"
            " SELECT %s, 'order', id, %s, %s FROM bench_batch ORDER BY place",
            (run, before, after),
        )

    def _close_clocks(self, run: int, clause: str, as_of: datetime) -> None:
        late = (
            "(extract(epoch FROM %s - due_at) * 1000000)::bigint"
            if self._postgresql
            else "CAST((julianday(%s) - julianday(due_at)) * 86400000000 AS integer)"
        )
        self._execute(
            "UPDATE obligations_obligation SET state = CASE WHEN due_at >= %s THEN 'met' ELSE 'late' END, closed_at = %s,"
            f" late_us = CASE WHEN due_at >= %s THEN NULL ELSE {late} END"
            " WHERE subject_kind = 'order' AND subject_id IN (SELECT id FROM bench_batch) AND clause = %s"
            " AND state IN ('open', 'paused', 'breached')",
            (as_of, as_of, as_of, as_of, clause),
        )
        self._execute(
            "INSERT INTO journal_transition (run_id, kind, subject_id, from_state, to_state)"
            " SELECT %s, 'obligation', o.id, 'open', o.state FROM bench_batch b CROSS JOIN obligations_obligation o"
            " WHERE o.subject_kind = 'order' AND o.subject_id = b.id AND o.clause = %s AND o.cycle = 1",
            (run, clause),
        )

    def _confirm(self, as_of: datetime) -> None:
        run = self._run("raw.confirm", as_of)
        self._move_orders(run, "received", "confirmed", "confirmed_at", as_of)
        self._close_clocks(run, "2.1.3.1", as_of)
        spans = (timedelta(hours=48), timedelta(hours=24), timedelta(hours=38.4))
        self._execute(
            "INSERT INTO obligations_obligation (id, run_id, clause, subject_kind, subject_id, cycle, department, assignee,"
            " started_at, allowed_seconds, time_basis, terms_version, calendar_version, due_at, warn_at, most_at, warned, state)"
            f" SELECT {self._new_id()}, %s, '2.3.2.1', 'order', id, 1, 'logistics', '', %s, 172800, 'elapsed', 0, 0,"
            " %s, %s, %s, 0, 'open' FROM bench_batch ORDER BY place",
            (run, as_of, *(as_of + span for span in spans)),
        )
        self._bump("obligations_obligation")

    def _reserve(self, as_of: datetime) -> None:
        run = self._run("raw.reserve", as_of)
        self._execute(
            "INSERT INTO inventory_reservation (id, run_id, balance_id, demand_id, line_id, quantity, state)"
            " WITH need AS (SELECT b.place, l.order_id, l.id AS line_id, s.id AS balance_id, l.wanted AS quantity,"
            " sum(l.wanted) OVER (PARTITION BY s.id ORDER BY b.place, l.id) AS wanted, s.on_hand - s.reserved AS free"
            " FROM bench_batch b CROSS JOIN orders_orderpart l CROSS JOIN inventory_stockbalance s"
            " WHERE l.order_id = b.id AND s.sku_id = l.sku_id),"
            " short AS (SELECT DISTINCT order_id FROM need WHERE wanted > free)"
            f" SELECT {self._new_id()}, %s, balance_id, order_id, line_id, quantity, 'open' FROM need"
            " WHERE order_id NOT IN (SELECT order_id FROM short) ORDER BY place, line_id",
            (run,),
        )
        self._bump("inventory_reservation")
        self._execute(
            "UPDATE inventory_stockbalance SET reserved = reserved + t.total FROM (SELECT r.balance_id, sum(r.quantity) AS total"
            " FROM bench_batch b CROSS JOIN inventory_reservation r WHERE r.demand_id = b.id GROUP BY r.balance_id) AS t"
            " WHERE inventory_stockbalance.id = t.balance_id"
        )
        self._move_orders(run, "confirmed", "reserved", "reserved_at", as_of)

    def _release(self, as_of: datetime) -> None:
        run = self._run("raw.release", as_of)
        self._execute(
            "UPDATE orders_order SET order_no = 'ZG' || CAST(id AS text) WHERE id IN (SELECT id FROM bench_batch)"
        )
        self._move_orders(run, "reserved", "released", "released_at", as_of)
        self._execute(
            "INSERT INTO fulfilment_fulfilmentrequest (id, run_id, reference_id, reference_no, warehouse_id, requested_at, state)"
            f" SELECT {self._new_id()}, %s, b.id, 'ZG' || CAST(b.id AS text), w.id, %s, 'open'"
            " FROM bench_batch b CROSS JOIN (SELECT min(id) AS id FROM inventory_warehouse) w ORDER BY b.place",
            (run, as_of),
        )
        self._bump("fulfilment_fulfilmentrequest")
        self._execute(
            "INSERT INTO fulfilment_fulfilmentline (id, run_id, request_id, reservation_id, quantity)"
            f" SELECT {self._new_id()}, %s, f.id, r.id, r.quantity FROM bench_batch b"
            " CROSS JOIN fulfilment_fulfilmentrequest f CROSS JOIN inventory_reservation r"
            " WHERE f.reference_id = b.id AND r.demand_id = b.id AND r.state = 'open'",
            (run,),
        )
        self._bump("fulfilment_fulfilmentline")

    def _ship(self, as_of: datetime) -> None:
        run = self._run("raw.ship", as_of)
        asked = "SELECT f.id FROM bench_batch b CROSS JOIN fulfilment_fulfilmentrequest f WHERE f.reference_id = b.id"
        claims = (
            "bench_batch b CROSS JOIN fulfilment_fulfilmentrequest f CROSS JOIN fulfilment_fulfilmentline i"
            " CROSS JOIN inventory_reservation r"
            " WHERE f.reference_id = b.id AND i.request_id = f.id AND r.id = i.reservation_id"
        )
        self._execute(
            "INSERT INTO fulfilment_shipment (id, run_id, request_id, carrier, waybill, shipped_at)"
            f" SELECT {self._new_id()}, %s, f.id, 'bench', f.reference_no, %s FROM bench_batch b"
            " CROSS JOIN fulfilment_fulfilmentrequest f WHERE f.reference_id = b.id ORDER BY b.place",
            (run, as_of),
        )
        self._bump("fulfilment_shipment")
        self._execute(
            "INSERT INTO inventory_stockmovement (id, run_id, balance_id, quantity, kind, cause_key, moved_at)"
            f" SELECT {self._new_id()}, %s, r.balance_id, -r.quantity, 'ship', 'ship:' || CAST(r.id AS text), %s FROM {claims}",
            (run, as_of),
        )
        self._bump("inventory_stockmovement")
        self._execute(
            "UPDATE inventory_stockbalance SET on_hand = on_hand - t.total, reserved = reserved - t.total"
            f" FROM (SELECT r.balance_id, sum(r.quantity) AS total FROM {claims} GROUP BY r.balance_id) AS t"
            " WHERE inventory_stockbalance.id = t.balance_id"
        )
        self._execute(f"UPDATE inventory_reservation SET state = 'shipped' WHERE id IN (SELECT r.id FROM {claims})")
        for kind, source in (("reservation", f"SELECT r.id FROM {claims}"), ("request", asked)):
            self._execute(
                "INSERT INTO journal_transition (run_id, kind, subject_id, from_state, to_state)"
                f" SELECT %s, %s, id, 'open', 'shipped' FROM ({source}) AS t",
                (run, kind),
            )
        self._execute(f"UPDATE fulfilment_fulfilmentrequest SET state = 'shipped' WHERE id IN ({asked})")
        self._move_orders(run, "released", "shipped", "shipped_at", as_of)
        self._execute("UPDATE orders_orderpart SET shipped = wanted WHERE order_id IN (SELECT id FROM bench_batch)")
        self._close_clocks(run, "2.3.2.1", as_of)
