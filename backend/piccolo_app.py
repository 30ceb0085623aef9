"""The one Piccolo app: every room's tables, one chain of migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

ROOMS = (
    "storage",
    "kept",
    "bundles",
    "ledger",
    "evidence",
    "limits",
    "factors",
    "intake",
    "history",
    "placards",
    "deadlines",
    "claims",
    "registry",
    "people",
    "items",
    "rulebook",
    "facts",
    "draws",
    "inspections",
    "exchange",
    "notices",
    "notify",
    "publicity",
    "figures",
    "desk",
    "rectification",
    "objections",
    "erasure",
    "responses",
    "handovers",
    "planning",
    "invitations",
    "evaluations",
    "tips",
    "webhooks",
)

APP_CONFIG = AppConfig(
    app_name="sunlot",
    migrations_folder_path=str(Path(__file__).parent.parent / "migrations"),
    table_classes=table_finder([f"backend.{room}.tables" for room in ROOMS], exclude_imported=True),
    migration_dependencies=[],
)
