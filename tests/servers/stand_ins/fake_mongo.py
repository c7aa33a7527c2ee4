"""A little MongoDB: its wire protocol before mongomock, in memory, one command at a time.

Usage: fake_mongo.py PORT
"""

# ruff: noqa: ANN401 - the libraries here have no types
# mypy: disable-error-code="import-not-found, import-untyped, untyped-decorator"

from __future__ import annotations

import itertools
import socketserver
import struct
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import bson
import mongomock
from pymongo import ReturnDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Document = dict[str, Any]

OP_REPLY = 1
OP_QUERY = 2004
OP_MSG = 2013
CHECKSUM_PRESENT = 1
MORE_TO_COME = 2
ID_INDEX = {"v": 2, "key": {"_id": 1}, "name": "_id_"}
FIRST_BATCH = 101
DUPLICATE_KEY = 11000
VERSION = "6.0.0"


_all_documents = mongomock.collection.Collection._iter_documents  # noqa: SLF001 - mongomock's own


def _documents(collection: Any, wanted: Document) -> Iterator[Document]:
    """The documents that a filter takes; by its key where it has one, since mongomock scans."""
    key = wanted.get("_id")
    if not isinstance(key, str | bson.ObjectId):
        yield from _all_documents(collection, wanted)
    elif key in collection._store:  # noqa: SLF001 - as above
        document = collection._store[key]  # noqa: SLF001 - as above
        if mongomock.filtering.filter_applies(wanted, document):
            yield document


mongomock.collection.Collection._iter_documents = _documents  # noqa: SLF001 - as above


class RefusedError(Exception):
    """An error that MongoDB knows a code and a name for."""

    def __init__(self, code: int, name: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.name = name


class Engine:
    """Carries out commands; ``do_X`` is the command X in lower case."""

    def __init__(self) -> None:
        self.client: Any = mongomock.MongoClient()
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        self.cursors: dict[int, list[Document]] = {}
        self.indexes: dict[tuple[str, str], dict[str, Document]] = {}

    def carry_out(self, command: Document, database: str) -> Document:
        """Carry out one command, and give MongoDB's answer, be it good or bad."""
        try:
            with self.lock:
                answer: Document = self.method(next(iter(command)))(command, database)
        except RefusedError as error:
            return failure(error, error.code, error.name)
        except mongomock.DuplicateKeyError as error:
            return failure(error, DUPLICATE_KEY, "DuplicateKey")
        except Exception as error:  # noqa: BLE001 - whatever mongomock cannot do
            sys.stderr.write(f"failed: {command}\n")
            traceback.print_exc()
            return failure(error, 2, "BadValue")
        return answer | {"ok": 1.0}

    def method(self, name: str) -> Any:
        """Find what carries out a command; MongoDB does not mind upper and lower case."""
        try:
            return getattr(self, f"do_{name.lower()}")
        except AttributeError:
            raise RefusedError(59, "CommandNotFound", f"no such command: '{name}'") from None

    def collection(self, command: Document, database: str) -> Any:
        """Give the collection that a command is about: its first value is the name."""
        return self.client[database][next(iter(command.values()))]

    # Who are you?

    def do_hello(self, _command: Document, _database: str) -> Document:
        """Present this server as a lone one that takes writes."""
        return {
            "helloOk": True,
            "isWritablePrimary": True,
            "ismaster": True,
            "readOnly": False,
            "connectionId": next(self.numbers),
            "localTime": datetime.now(UTC),
            "logicalSessionTimeoutMinutes": 30,
            "maxBsonObjectSize": 16 * 2**20,
            "maxMessageSizeBytes": 48_000_000,
            "maxWriteBatchSize": 100_000,
            "minWireVersion": 0,
            "maxWireVersion": 21,
        }

    do_ismaster = do_hello

    def do_buildinfo(self, _command: Document, _database: str) -> Document:
        """Tell the version."""
        numbers = [*map(int, VERSION.split(".")), 0]
        return {"version": VERSION, "versionArray": numbers, "maxBsonObjectSize": 16 * 2**20}

    def do_serverstatus(self, _command: Document, _database: str) -> Document:
        """Tell the version again."""
        return {"version": VERSION, "process": "mongod"}

    def do_ping(self, _command: Document, _database: str) -> Document:
        """Be there."""
        return {}

    do_endsessions = do_ping
    do_getparameter = do_ping

    def do_connectionstatus(self, _command: Document, _database: str) -> Document:
        """Nobody signs in here."""
        return {"authInfo": {"authenticatedUsers": [], "authenticatedUserRoles": []}}

    def do_getlasterror(self, _command: Document, _database: str) -> Document:
        """Errors are in the answers themselves."""
        return {"n": 0, "err": None}

    # Reading

    def do_find(self, command: Document, database: str) -> Document:
        """Look for documents."""
        collection = self.collection(command, database)
        found = collection.find(command.get("filter") or {}, command.get("projection") or None)
        if order := command.get("sort"):
            found = found.sort(list(order.items()))
        if skip := command.get("skip"):
            found = found.skip(int(skip))
        if limit := command.get("limit"):
            found = found.limit(abs(int(limit)))
        size = None if command.get("singleBatch") else command.get("batchSize", FIRST_BATCH)
        return self.batch(f"{database}.{command['find']}", found, size)

    def do_aggregate(self, command: Document, database: str) -> Document:
        """Run a pipeline, of what its first stage takes: mongomock would copy everything first."""
        collection, pipeline = self.collection(command, database), command["pipeline"]
        if pipeline and (match := pipeline[0].get("$match")):
            taken: Any = mongomock.MongoClient()[database][command["aggregate"]]
            if documents := list(collection.find(match)):
                taken.insert_many(documents)
            collection = taken
        found = collection.aggregate(pipeline)
        size = (command.get("cursor") or {}).get("batchSize")
        return self.batch(f"{database}.{command['aggregate']}", found, size)

    def batch(self, namespace: str, found: Iterable[Document], size: int | None) -> Document:
        """Give the first documents, and keep the rest for those who ask for more."""
        documents = list(found)
        size = len(documents) if size is None else int(size)
        cursor = next(self.numbers) if documents[size:] else 0
        if cursor:
            self.cursors[cursor] = documents[size:]
        first = {"id": bson.Int64(cursor), "ns": namespace, "firstBatch": documents[:size]}
        return {"cursor": first}

    def do_getmore(self, command: Document, database: str) -> Document:
        """Give the next documents."""
        cursor = int(command["getMore"])
        if cursor not in self.cursors:
            raise RefusedError(43, "CursorNotFound", f"cursor id {cursor} not found")
        documents = self.cursors.pop(cursor)
        size = int(command.get("batchSize") or 1000)
        if documents[size:]:
            self.cursors[cursor] = documents[size:]
        left = bson.Int64(cursor if documents[size:] else 0)
        namespace = f"{database}.{command['collection']}"
        return {"cursor": {"id": left, "ns": namespace, "nextBatch": documents[:size]}}

    def do_killcursors(self, command: Document, _database: str) -> Document:
        """Forget what nobody will ask for."""
        for cursor in command["cursors"]:
            self.cursors.pop(int(cursor), None)
        return {"cursorsKilled": command["cursors"]}

    def do_count(self, command: Document, database: str) -> Document:
        """Count documents."""
        bounds = {key: int(command[key]) for key in ("skip", "limit") if command.get(key)}
        collection = self.collection(command, database)
        return {"n": collection.count_documents(command.get("query") or {}, **bounds)}

    def do_distinct(self, command: Document, database: str) -> Document:
        """List the values of a field."""
        collection = self.collection(command, database)
        return {"values": collection.distinct(command["key"], command.get("query") or None)}

    # Writing

    def do_insert(self, command: Document, database: str) -> Document:
        """Add documents."""
        collection = self.collection(command, database)
        count, errors = 0, []
        for index, document in enumerate(command["documents"]):
            try:
                collection.insert_one(document)
                count += 1
            except mongomock.DuplicateKeyError as error:
                errors.append(duplicate(error, index))
                if command.get("ordered", True):
                    break
        return {"n": count} | with_some(writeErrors=errors)

    def do_update(self, command: Document, database: str) -> Document:
        """Change or replace documents."""
        collection = self.collection(command, database)
        matched, changed = 0, 0
        upserted: list[Document] = []
        errors: list[Document] = []
        for index, update in enumerate(command["updates"]):
            try:
                result = change(collection, update)
            except mongomock.DuplicateKeyError as error:
                errors.append(duplicate(error, index))
                if command.get("ordered", True):
                    break
                continue
            matched += result.matched_count
            changed += result.modified_count
            if result.upserted_id is not None:
                upserted.append({"index": index, "_id": result.upserted_id})
        counts = {"n": matched + len(upserted), "nModified": changed}
        return counts | with_some(upserted=upserted, writeErrors=errors)

    def do_delete(self, command: Document, database: str) -> Document:
        """Remove documents."""
        collection = self.collection(command, database)
        count = 0
        for item in command["deletes"]:
            remove = collection.delete_one if item.get("limit") == 1 else collection.delete_many
            count += remove(item["q"]).deleted_count
        return {"n": count}

    def do_findandmodify(self, command: Document, database: str) -> Document:
        """Find one document, and change or remove it."""
        collection = self.collection(command, database)
        query = command.get("query") or {}
        options: Document = {"projection": command.get("fields") or None}
        if order := command.get("sort"):
            options["sort"] = list(order.items())
        if command.get("remove"):
            value = collection.find_one_and_delete(query, **options)
            return {"value": value, "lastErrorObject": {"n": int(value is not None)}}
        update, upsert = command["update"], bool(command.get("upsert"))
        after = ReturnDocument.AFTER if command.get("new") else ReturnDocument.BEFORE
        existed = collection.find_one(query) is not None
        modify = (
            collection.find_one_and_update
            if has_operators(update)
            else collection.find_one_and_replace
        )
        value = modify(query, update, upsert=upsert, return_document=after, **options)
        told = {"updatedExisting": existed, "n": int(existed or upsert)}
        return {"value": value, "lastErrorObject": told}

    # Indexes, collections and databases

    def do_createindexes(self, command: Document, database: str) -> Document:
        """Write indexes down; only unique ones have an effect."""
        collection = self.collection(command, database)
        known = self.known_indexes(database, command["createIndexes"])
        before = len(known)
        for index in command["indexes"]:
            known[index["name"]] = index | {"v": 2}
            if index.get("unique"):
                names = ("name", "sparse", "partialFilterExpression")
                options = {name: index[name] for name in names if name in index}
                collection.create_index(list(index["key"].items()), unique=True, **options)
        return {"numIndexesBefore": before, "numIndexesAfter": len(known)}

    def known_indexes(self, database: str, collection: str) -> dict[str, Document]:
        """Give the indexes of a collection, by name."""
        return self.indexes.setdefault((database, collection), {"_id_": ID_INDEX})

    def do_listindexes(self, command: Document, database: str) -> Document:
        """List the indexes of a collection."""
        name = command["listIndexes"]
        there = name in self.client[database].list_collection_names()
        if not there and (database, name) not in self.indexes:
            raise RefusedError(26, "NamespaceNotFound", f"ns does not exist: {database}.{name}")
        return self.batch(f"{database}.{name}", self.known_indexes(database, name).values(), None)

    def do_dropindexes(self, command: Document, database: str) -> Document:
        """Forget indexes."""
        known = self.known_indexes(database, command["dropIndexes"])
        before = len(known)
        for name in [*known]:
            if name != "_id_" and command.get("index") in {"*", name}:
                del known[name]
        return {"nIndexesWas": before}

    def do_create(self, command: Document, database: str) -> Document:
        """Make a collection."""
        self.client[database].create_collection(command["create"])
        return {}

    def do_listcollections(self, command: Document, database: str) -> Document:
        """List the collections of a database."""
        wanted = (command.get("filter") or {}).get("name")
        found = [
            {"name": name, "type": "collection", "options": {}, "idIndex": ID_INDEX}
            for name in self.client[database].list_collection_names()
            if not isinstance(wanted, str) or name == wanted
        ]
        return self.batch(f"{database}.$cmd.listCollections", found, None)

    def do_drop(self, command: Document, database: str) -> Document:
        """Remove a collection."""
        self.indexes.pop((database, command["drop"]), None)
        self.client[database].drop_collection(command["drop"])
        return {"ns": f"{database}.{command['drop']}"}

    def do_listdatabases(self, _command: Document, _database: str) -> Document:
        """List the databases."""
        names = self.client.list_database_names()
        found = [{"name": name, "sizeOnDisk": 1, "empty": False} for name in names]
        return {"databases": found, "totalSize": len(found)}

    def do_dropdatabase(self, _command: Document, database: str) -> Document:
        """Remove a database."""
        self.indexes = {key: value for key, value in self.indexes.items() if key[0] != database}
        self.client.drop_database(database)
        return {"dropped": database}


def change(collection: Any, update: Document) -> Any:
    """Carry out one of the updates of an update command."""
    query, upsert = update["q"], update.get("upsert", False)
    if not has_operators(update["u"]):
        return collection.replace_one(query, update["u"], upsert=upsert)
    apply = collection.update_many if update.get("multi") else collection.update_one
    filters = with_some(array_filters=update.get("arrayFilters"))
    return apply(query, update["u"], upsert=upsert, **filters)


def has_operators(update: Any) -> bool:
    """Tell a change ({"$set": ...}, or a pipeline) from a replacement."""
    return not isinstance(update, dict) or any(key.startswith("$") for key in update)


def duplicate(error: Exception, index: int) -> Document:
    """Describe that a key is taken."""
    described = {"index": index, "code": DUPLICATE_KEY, "errmsg": str(error)}
    return described | {"keyPattern": {}, "keyValue": {}}


def failure(error: Exception, code: int, name: str) -> Document:
    """Describe an error."""
    return {"ok": 0.0, "errmsg": f"{error}", "code": code, "codeName": name}


def with_some(**values: Any) -> Document:
    """Leave out what is empty."""
    return {name: value for name, value in values.items() if value}


class Connection(socketserver.BaseRequestHandler):
    """Speaks the wire protocol with one client."""

    engine = Engine()

    def handle(self) -> None:
        """Answer messages until the client is gone."""
        try:
            while header := self.read(16):
                length, request, _, kind = struct.unpack("<iiii", header)
                self.message(request, kind, self.read(length - 16))
        except (EOFError, ConnectionError):
            pass

    def read(self, count: int) -> bytes:
        """Read so many bytes."""
        data = bytearray()
        while len(data) < count:
            if not (part := self.request.recv(count - len(data))):
                raise EOFError
            data += part
        return bytes(data)

    def message(self, request: int, kind: int, body: bytes) -> None:
        """Answer one message."""
        if kind == OP_MSG:
            (flags,) = struct.unpack_from("<I", body)
            command = parsed(body[4 : len(body) - (4 if flags & CHECKSUM_PRESENT else 0)])
            answer = self.engine.carry_out(command, command.get("$db", "admin"))
            if not flags & MORE_TO_COME:
                self.send(request, OP_MSG, struct.pack("<IB", 0, 0) + bson.encode(answer))
        elif kind == OP_QUERY:  # the first hello of every client
            database, command = parsed_query(body)
            answer = self.engine.carry_out(command, database)
            self.send(request, OP_REPLY, struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(answer))
        else:
            raise EOFError

    def send(self, request: int, kind: int, body: bytes) -> None:
        """Send an answer to a request."""
        number = next(self.engine.numbers)
        self.request.sendall(struct.pack("<iiii", 16 + len(body), number, request, kind) + body)


def parsed(sections: bytes) -> Document:
    """Put the command together: a body, and lists of documents that belong into it."""
    command: Document = {}
    lists: Document = {}
    position = 0
    while position < len(sections):
        kind = sections[position]
        (size,) = struct.unpack_from("<i", sections, position + 1)
        section = sections[position + 1 : position + 1 + size]
        if kind == 0:
            command = bson.decode(section)
        else:
            name, _, documents = section[4:].partition(b"\0")
            lists[name.decode()] = list(each(documents))
        position += 1 + size
    return command | lists


def each(documents: bytes) -> Iterator[Document]:
    """Take documents apart that follow one another."""
    position = 0
    while position < len(documents):
        (size,) = struct.unpack_from("<i", documents, position)
        yield bson.decode(documents[position : position + size])
        position += size


def parsed_query(body: bytes) -> tuple[str, Document]:
    """Give the database and the command of a query in the old form."""
    namespace, _, rest = body[4:].partition(b"\0")
    command = next(each(rest[8:]))
    return namespace.decode().partition(".")[0], command.get("$query", command)


class Server(socketserver.ThreadingTCPServer):
    """Serves every client in a thread."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Connection).serve_forever()
