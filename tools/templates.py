"""Compile every template of the product; exit 1 and name those that do not compile.

python tools/templates.py
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "zhanggui"


def main() -> int:
    """Load each file under a `templates` folder through the product's own settings."""
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.template import TemplateDoesNotExist, TemplateSyntaxError
    from django.template.loader import get_template

    django.setup()
    failed = 0
    names = sorted(
        path.relative_to(folder).as_posix()
        for folder in PACKAGE.rglob("templates")
        for path in folder.rglob("*")
        if path.is_file()
    )
    for name in names:
        try:
            get_template(name)
        except (TemplateSyntaxError, TemplateDoesNotExist) as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed += 1
    print(f"templates: {len(names)} compiled, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
