"""A4: staff were invited on record, with the department and roles of the invitation, and with the access on record."""

from zhanggui.oversight.verification.queries.reading import Check

A4 = Check("A4", "SELECT COUNT(*) FROM people_staff", (
    """
    SELECT s.id AS staff, s.department, s.roles, i.department AS invited_to, i.roles AS invited_as
    FROM people_staff s LEFT JOIN people_invitation i ON i.id = s.invitation_id
    WHERE i.id IS NULL OR i.used_at IS NULL OR i.department <> s.department OR i.roles <> s.roles
    ORDER BY s.id
    """,
    """
    SELECT s.id AS staff, s.username, s.is_active, a.username AS recorded_name, a.active AS recorded_access
    FROM people_staff s
    LEFT JOIN people_access a ON a.id = (SELECT MAX(l.id) FROM people_access l WHERE l.staff_id = s.id)
    WHERE a.id IS NULL OR a.username <> s.username OR a.active <> CASE WHEN s.is_active THEN 1 ELSE 0 END
    ORDER BY s.id
    """,
))  # fmt: skip
