"""J1 to J5: files taken in, jobs, messages and their alarms."""

from zhanggui.oversight.verification.queries.reading import Check

J1 = Check("J1", "SELECT COUNT(*) FROM intake_intakefile", (
    """
    SELECT f.id AS intake, f.state, f.rows_total, f.rows_done, f.rows_refused, COALESCE(r.told, 0) AS told
    FROM intake_intakefile f
    LEFT JOIN (SELECT intake_id, attempt, COUNT(*) AS told FROM intake_refusedrow WHERE stage <> 'forecast'
               GROUP BY intake_id, attempt) r ON r.intake_id = f.id AND r.attempt = f.attempt
    WHERE f.rows_refused <> COALESCE(r.told, 0) OR f.rows_total < f.rows_done + f.rows_refused
       OR f.position > f.entries
       OR (f.state = 'done' AND (f.rows_total <> f.rows_done + f.rows_refused OR f.position <> f.entries))
    ORDER BY f.id
    """,
    """
    SELECT f.id AS intake, f.state, f.new, f.changed, f.unchanged, f.position, COALESCE(p.entries, 0) AS told_entries,
           COALESCE(p.new, 0) AS told_new, COALESCE(p.changed, 0) AS told_changed,
           COALESCE(p.unchanged, 0) AS told_unchanged
    FROM intake_intakefile f
    LEFT JOIN (SELECT intake_id, attempt, stage, SUM(entries) AS entries, SUM(new) AS new, SUM(changed) AS changed,
                      SUM(unchanged) AS unchanged
               FROM intake_partcount GROUP BY intake_id, attempt, stage) p
      ON p.intake_id = f.id AND p.attempt = f.attempt
         AND p.stage = CASE f.state WHEN 'checked' THEN 'check' WHEN 'committing' THEN 'commit'
                                    WHEN 'done' THEN 'commit' ELSE '' END
    WHERE f.new <> COALESCE(p.new, 0) OR f.changed <> COALESCE(p.changed, 0)
       OR f.unchanged <> COALESCE(p.unchanged, 0)
       OR (CASE f.state WHEN 'checked' THEN f.entries ELSE f.position END) <> COALESCE(p.entries, 0)
    ORDER BY f.id
    """,
))  # fmt: skip

# A lease lasts a minute; a job still running a minute after its end was found by nobody.
J2 = Check("J2", "SELECT COUNT(*) FROM delivery_job WHERE state = 'running'", (
    """
    SELECT id AS job, kind, worker, lease_until FROM delivery_job
    WHERE state = 'running' AND (lease_until IS NULL OR lease_until < %(minute_ago)s) ORDER BY id
    """,
))  # fmt: skip

J3 = Check("J3", "SELECT (SELECT COUNT(*) FROM delivery_job) + (SELECT COUNT(*) FROM delivery_outboxmessage)"
           " + (SELECT COUNT(*) FROM delivery_scheduleslot)", (
    """
    SELECT MIN(id) AS job, kind, key, COUNT(*) AS times FROM delivery_job
    GROUP BY kind, key HAVING COUNT(*) > 1 ORDER BY 1
    """,
    """
    SELECT MIN(id) AS message, kind, key, COUNT(*) AS times FROM delivery_outboxmessage
    GROUP BY kind, key HAVING COUNT(*) > 1 ORDER BY 1
    """,
    """
    SELECT MIN(id) AS slot, kind, slot AS at, COUNT(*) AS times FROM delivery_scheduleslot
    GROUP BY kind, slot HAVING COUNT(*) > 1 ORDER BY 1
    """,
    """
    SELECT id AS job, kind, state, attempts, max_attempts FROM delivery_job
    WHERE attempts < 0 OR attempts > max_attempts ORDER BY id
    """,
    """
    SELECT j.id AS job, j.kind, j.state, COUNT(a.id) AS open_alarms FROM delivery_job j
    LEFT JOIN delivery_alarm a ON a.job_id = j.id AND a.answered_at IS NULL
    WHERE j.state = 'parked' OR a.id IS NOT NULL
    GROUP BY j.id, j.kind, j.state HAVING COUNT(a.id) <> CASE WHEN j.state = 'parked' THEN 1 ELSE 0 END
    ORDER BY j.id
    """,
))  # fmt: skip

J4 = Check("J4", "SELECT COUNT(*) FROM delivery_outboxmessage", (
    """
    SELECT m.id AS message, m.kind, m.key, m.state, COALESCE(j.state, 'none') AS job FROM delivery_outboxmessage m
    LEFT JOIN delivery_job j ON j.kind = 'delivery.send' AND j.key = CAST(m.id AS varchar(20))
    WHERE (m.state = 'waiting' AND COALESCE(j.state, 'none') NOT IN ('waiting', 'running'))
       OR (m.state = 'parked' AND COALESCE(j.state, 'none') <> 'parked')
       OR (m.state = 'sent' AND COALESCE(j.state, 'done') <> 'done')
    ORDER BY m.id
    """,
))  # fmt: skip

# Jobs that a run asked for must be done; those of the schedule only while somebody leads it.
J5 = Check("J5", "SELECT COUNT(*) FROM delivery_job WHERE state = 'waiting'", (
    """
    SELECT id AS job, kind, priority, run_at FROM delivery_job
    WHERE state = 'waiting'
      AND run_at < CASE priority WHEN 0 THEN %(five_minutes_ago)s WHEN 1 THEN %(quarter_ago)s
                                 ELSE %(four_hours_ago)s END
      AND (created_run_id IS NOT NULL
           OR EXISTS (SELECT 1 FROM delivery_schedulerlease l WHERE l.lease_until >= %(five_minutes_ago)s))
    ORDER BY id
    """,
))  # fmt: skip

CHECKS = (J1, J2, J3, J4, J5)
