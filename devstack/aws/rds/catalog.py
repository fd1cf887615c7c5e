"""What RDS for PostgreSQL sells: classes, engine versions, storage, parameters."""

import re
from dataclasses import dataclass

ENGINE = "postgres"
STORAGE_TYPES: dict[str, tuple[int, int]] = {
    "gp2": (20, 65536),
    "gp3": (20, 65536),
    "io1": (100, 65536),
    "io2": (100, 65536),
}
"""smallest and largest size in GiB"""

_LARGE = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
CLASSES = frozenset(
    [f"db.t4g.{size}" for size in ("micro", "small", "medium", "large", "xlarge", "2xlarge")]
    + [f"db.{family}.{size}" for family in ("m7g", "r7g") for size in _LARGE]
)
LATEST_MINOR = {13: 22, 14: 19, 15: 14, 16: 10, 17: 6, 18: 1}
DEFAULT_MAJOR = 17

_CLASS_NAME = re.compile(r"db\.(t[2-4]|[mr][3-8]|x[12]|z1)[a-z]*\.(micro|small|medium|\d*x?large)")


def is_class_name(name: str) -> bool:
    """Whether AWS has such a class at all, though perhaps not for this engine."""
    return name in CLASSES or _CLASS_NAME.fullmatch(name) is not None


def full_version(asked: str | None) -> str | None:
    """The version that RDS takes for the one asked for; None if there is none."""
    if asked is None:
        return f"{DEFAULT_MAJOR}.{LATEST_MINOR[DEFAULT_MAJOR]}"
    found = re.fullmatch(r"(\d+)(?:\.(\d+))?", asked)
    if found is None or int(found[1]) not in LATEST_MINOR:
        return None
    major, latest = int(found[1]), LATEST_MINOR[int(found[1])]
    minor = latest if found[2] is None else int(found[2])
    return f"{major}.{minor}" if minor <= latest else None


def family(version: str) -> str:
    return f"{ENGINE}{version.partition('.')[0]}"


FAMILIES = frozenset(f"{ENGINE}{major}" for major in LATEST_MINOR)


@dataclass(frozen=True)
class Parameter:
    """One of the engine's parameters; a static one takes effect at the next reboot."""

    default: str
    data_type: str = "integer"
    static: bool = False


PARAMETERS: dict[str, Parameter] = {
    "autovacuum": Parameter("1", "boolean"),
    "checkpoint_timeout": Parameter("300"),
    "default_statistics_target": Parameter("100"),
    "effective_cache_size": Parameter("{DBInstanceClassMemory/16384}"),
    "idle_in_transaction_session_timeout": Parameter("86400000"),
    "log_connections": Parameter("0", "boolean"),
    "log_disconnections": Parameter("0", "boolean"),
    "log_lock_waits": Parameter("0", "boolean"),
    "log_min_duration_statement": Parameter("-1"),
    "log_statement": Parameter("none", "string"),
    "logical_decoding_work_mem": Parameter("65536"),
    "maintenance_work_mem": Parameter("GREATEST({DBInstanceClassMemory*1024/63963136},65536)"),
    "max_connections": Parameter("LEAST({DBInstanceClassMemory/9531392},5000)", static=True),
    "max_logical_replication_workers": Parameter("4", static=True),
    "max_replication_slots": Parameter("20", static=True),
    "max_slot_wal_keep_size": Parameter("-1"),
    "max_wal_senders": Parameter("20", static=True),
    "max_worker_processes": Parameter("GREATEST(${DBInstanceVCPU*2},8)", static=True),
    "random_page_cost": Parameter("4", "float"),
    "rds.force_ssl": Parameter("1", "boolean"),
    "rds.log_retention_period": Parameter("4320"),
    "rds.logical_replication": Parameter("0", "boolean", static=True),
    "shared_buffers": Parameter("{DBInstanceClassMemory/32768}", static=True),
    "shared_preload_libraries": Parameter("pg_stat_statements", "list", static=True),
    "ssl_min_protocol_version": Parameter("TLSv1.2", "string"),
    "statement_timeout": Parameter("0"),
    "wal_sender_timeout": Parameter("30000"),
    "work_mem": Parameter("4096"),
}
