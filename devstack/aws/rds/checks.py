"""What CreateDBInstance refuses before anything is made."""

import re
from typing import Any

from devstack.aws.protocol import RefusedError
from devstack.aws.rds import catalog

IDENTIFIER = re.compile(r"[A-Za-z](?!.*--)(?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
DATABASE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
USER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
RESERVED_USERS = frozenset({"rdsadmin", "admin", "rdsrepladmin", "rds_superuser"})
PASSWORD = re.compile(r"[!#-.0-?A-~]+")
"""printable ASCII without blank, quote, slash and at"""


def value_error(message: str) -> RefusedError:
    return RefusedError("InvalidParameterValue", message)


def combination_error(message: str) -> RefusedError:
    return RefusedError("InvalidParameterCombination", message)


def check_identifier(name: str, member: str = "DBInstanceIdentifier") -> None:
    if not IDENTIFIER.fullmatch(name):
        raise value_error(
            f"The parameter {member} is not a valid identifier. Identifiers must begin with a letter; "
            "must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or "
            "contain two consecutive hyphens."
        )


def check_class(name: str, engine_version: str) -> None:
    if not catalog.is_class_name(name):
        raise value_error(f"Invalid DB Instance class: {name}")
    if name not in catalog.CLASSES:
        raise combination_error(
            "RDS does not support creating a DB instance with the following combination: "
            f"DBInstanceClass={name}, Engine={catalog.ENGINE}, EngineVersion={engine_version}, "
            "LicenseModel=postgresql-license. For supported combinations of instance class and database "
            "engine version, see the documentation."
        )


def check_capacity(name: str, insufficient: frozenset[str]) -> None:
    if name in insufficient:
        message = f"The requested DB instance class {name} is not available in the Availability Zone."
        raise RefusedError("InsufficientDBInstanceCapacity", message)


def check_engine(params: dict[str, Any]) -> str:
    """The full engine version."""
    engine = params["Engine"]
    if engine != catalog.ENGINE:
        raise value_error(f"Invalid DB engine: {engine}")
    version = catalog.full_version(params.get("EngineVersion"))
    if version is None:
        raise combination_error(f"Cannot find version {params['EngineVersion']} for {engine}")
    return version


def check_storage(params: dict[str, Any], engine: str = catalog.ENGINE) -> None:
    kind = params.get("StorageType") or "gp2"
    if kind not in catalog.STORAGE_TYPES:
        raise value_error(f"Invalid storage type: {kind}")
    size = params.get("AllocatedStorage")
    if size is None:
        raise combination_error("The parameter AllocatedStorage must be provided and must not be blank.")
    smallest, largest = catalog.STORAGE_TYPES[kind]
    if not smallest <= size <= largest:
        raise combination_error(
            f"Invalid storage size for engine name {engine} and storage type {kind}: {size}"
        )
    ceiling = params.get("MaxAllocatedStorage")
    if ceiling is not None and ceiling <= size:
        raise combination_error("Max storage size must be greater than storage size")


def check_master(params: dict[str, Any]) -> None:
    if params.get("ManageMasterUserPassword"):
        raise combination_error("This stand-in manages no master user password: give MasterUserPassword.")
    user = params.get("MasterUsername")
    if not user or not USER_NAME.fullmatch(user):
        raise value_error(
            "The parameter MasterUsername is not a valid identifier. Must begin with a letter; must "
            "contain only ASCII letters, digits, and underscores; and must be 1 to 63 characters."
        )
    if user.lower() in RESERVED_USERS:
        message = f"MasterUsername {user} cannot be used as it is a reserved word used by the engine"
        raise value_error(message)
    if params.get("MasterUserPassword") is None:
        message = "The parameter MasterUserPassword must be provided and must not be blank."
        raise value_error(message)
    check_password(params["MasterUserPassword"])
    name = params.get("DBName")
    if name is not None and not DATABASE_NAME.fullmatch(name):
        raise value_error(f"DBName must begin with a letter and contain only alphanumeric characters: {name}")


def check_password(password: str) -> None:
    prefix = "The parameter MasterUserPassword is not a valid password"
    if len(password) < 8:
        raise value_error(f"{prefix} because it is shorter than 8 characters.")
    if len(password) > 128:
        raise value_error(f"{prefix} because it is longer than 128 characters.")
    if not PASSWORD.fullmatch(password):
        message = f"{prefix}. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used."
        raise value_error(message)


def check_backup_retention(days: int | None) -> None:
    if days is not None and not 0 <= days <= 35:
        raise value_error(f"Invalid backup retention period: {days}. Must be between 0 and 35.")
