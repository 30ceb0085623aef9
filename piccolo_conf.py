"""Where Piccolo finds the database and the one app."""

from piccolo.conf.apps import AppRegistry

from backend.storage.engine import Database, dsn

DB = Database(config=dsn())
APP_REGISTRY = AppRegistry(apps=["backend.piccolo_app"])
