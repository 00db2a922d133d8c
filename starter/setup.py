"""Making a place ready: schema, Temporal's search attributes and retention, the first admin. Repeatable."""

from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client

from sequencing.addresses import check_email
from sequencing.people import Level
from starter.client import SEARCH_ATTRIBUTES, connect
from starter.door import Door
from store import clusters, schema, users


async def set_up(door: Door, admin: str, retention_days: int, *, restored: bool = False) -> bool:
    """All of it; `restored`: the database came back from a backup. Answers whether its events are numbered anew.

    Raises RuntimeError or RPCError when Temporal cannot be reached.
    """
    anew = await set_up_database(door, admin, restored=restored)
    await set_up_temporal(await connect(lazy=False), retention_days)
    return anew


async def set_up_database(door: Door, admin: str, *, restored: bool = False) -> bool:
    """Schema, numbers of events, and first admin."""
    if admin:
        check_email(admin)
    await schema.migrate(door.database)
    async with door.database.writing() as tx:
        if admin and await users.first_admin(tx) is None:
            await users.add(tx, admin, admin.partition("@")[0].capitalize(), Level.manage)
        return await clusters.settle(tx, restored=restored)


async def set_up_temporal(client: Client, retention_days: int) -> None:
    """Search attributes and retention of the namespace."""
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = {
        name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}")
        for name, kind in SEARCH_ATTRIBUTES
        if name not in known.custom_attributes
    }
    if missing:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    keep = Duration()
    keep.FromTimedelta(timedelta(days=retention_days))
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(
            namespace=client.namespace, config=NamespaceConfig(workflow_execution_retention_ttl=keep)
        )
    )
