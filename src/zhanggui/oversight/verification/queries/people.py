"""A4: whoever can sign in was invited on record, and has the department and roles of that invitation."""

from zhanggui.oversight.verification.queries.reading import Check

A4 = Check("A4", "SELECT COUNT(*) FROM people_staff", (
    """
    SELECT s.id AS staff, s.department, s.roles, i.department AS invited_to, i.roles AS invited_as
    FROM people_staff s LEFT JOIN people_invitation i ON i.id = s.invitation_id
    WHERE i.id IS NULL OR i.used_at IS NULL OR i.department <> s.department OR i.roles <> s.roles
    ORDER BY s.id
    """,
))  # fmt: skip
