"""The cast: every test meets the same company.

林悦 manages it, 孙倩 sells, 周航 runs the warehouse, 何静 answers customers, 吴桐 does operations,
郑岚 audits. Their ids as actors are their sign-in names.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from zhanggui.journal.records import Actor

MONDAY_MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
PASSWORD = "correct horse battery staple 7"


@dataclass(frozen=True, slots=True)
class Person:
    """One of the cast: sign-in name, shown name, department, roles."""

    username: str
    display_name: str
    department: str
    roles: str

    @property
    def actor(self) -> Actor:
        """The same person as the journal names them."""
        return Actor("staff", self.username)


LIN = Person("lin.yue", "林悦", "management", "administrator,manager")
SUN = Person("sun.qian", "孙倩", "sales", "sales")
ZHOU = Person("zhou.hang", "周航", "logistics", "logistics")
HE = Person("he.jing", "何静", "service", "service")
WU = Person("wu.tong", "吴桐", "operations", "operations")
ZHENG = Person("zheng.lan", "郑岚", "management", "auditor")
CAST = (LIN, SUN, ZHOU, HE, WU, ZHENG)
