"""A Croissant 1.1 description with its RAI part (responsible AI): machine-readable, made from facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from zhuoyu.kernels import encode
from zhuoyu.record import is_measure

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

PARQUET = "application/x-parquet"
_T = pa.types


@dataclass(frozen=True, slots=True)
class File:
    """One file of an export."""

    path: str
    sha256: str
    bytes: int
    rows: int
    table: str = "rows"


def croissant(facts: Mapping[str, Any], schemas: Mapping[str, pa.Schema], files: Sequence[File]) -> dict[str, Any]:
    """The JSON-LD document of an export.

    FACTS as ``card.facts_of`` gives them.
    """
    licenses = [name for name in facts["licenses"] if name != "unknown"]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": facts["dataset"],
        "description": facts["description"],
        "version": f"{facts['number']}.0.0",
        "datePublished": facts["sealed"],
        "license": licenses or ["unknown"],
        "creator": {"@type": "sc:Organization", "name": facts["creator"]},
        "url": f"urn:zhuoyu:{facts['version']}",
        "identifier": f"sha256:{facts['digest']}",
        "citeAs": f"{facts['dataset']}, version {facts['number']}, sha256:{facts['digest']}",
        "distribution": [*[_file(f) for f in files], *[_parts(name) for name in schemas]],
        "recordSet": [_records(name, schema) for name, schema in schemas.items()],
        **_rai(facts),
    }


def _file(f: File) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": f.path,
        "name": f.path,
        "contentUrl": f.path,
        "contentSize": f"{f.bytes} B",
        "encodingFormat": PARQUET,
        "sha256": f.sha256,
    }


def _parts(table: str) -> dict[str, Any]:
    """All parts of a table together: what its fields are read from."""
    return {
        "@type": "cr:FileSet",
        "@id": f"{table}-parts",
        "name": f"{table}-parts",
        "encodingFormat": PARQUET,
        "includes": f"data/{table}-*.parquet",
    }


def _records(table: str, schema: pa.Schema) -> dict[str, Any]:
    """A record set of the flat columns; Croissant's readers have no value for nested ones, which are named instead."""
    key = {"key": {"@id": f"{table}/_id"}} if "_id" in schema.names else {}
    nested = [f.name for f in schema if _is_nested(f.type)]
    said = f"table {table}" + (f"; nested columns in the files, not described here: {', '.join(nested)}" if nested else "")
    fields = [_field(table, f) for f in schema if f.name not in nested]
    return {"@type": "cr:RecordSet", "@id": table, "name": table, "description": said, **key, "field": fields}


def _is_nested(dtype: pa.DataType) -> bool:
    listed = encode.is_list(dtype) or _T.is_fixed_size_list(dtype)
    return bool(_T.is_nested(dtype.value_type) if listed else _T.is_nested(dtype))


def _field(table: str, f: pa.Field) -> dict[str, Any]:
    metadata = {k.decode(): v.decode() for k, v in (f.metadata or {}).items()}
    made = f"measure {metadata['op']}@{metadata.get('version', '?')}, unit: {metadata.get('unit', 'none')}" if is_measure(f) else ""
    said = "; ".join(x for x in (metadata.get("meaning", ""), made) if x) or f"{f.type}"
    listed = encode.is_list(f.type) or _T.is_fixed_size_list(f.type)
    return {
        "@type": "cr:Field",
        "@id": f"{table}/{f.name}",
        "name": f.name,
        "description": said,
        "dataType": _kind(f.type.value_type if listed else f.type),
        **({"isArray": True, "arrayShape": "-1"} if listed else {}),
        "source": {"fileSet": {"@id": f"{table}-parts"}, "extract": {"column": f.name}},
    }


_KINDS = (
    (_T.is_boolean, "sc:Boolean"),
    (_T.is_integer, "cr:Int64"),
    (_T.is_floating, "cr:Float64"),
    (_T.is_date, "sc:Date"),
    (_T.is_timestamp, "sc:DateTime"),
    (_T.is_time, "sc:Time"),
)


def _kind(dtype: pa.DataType) -> str:
    return next((name for match, name in _KINDS if match(dtype)), "sc:Text")


def _rai(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the facts can say of the RAI vocabulary; what nobody knows is left out rather than made up."""
    said = {
        "rai:dataCollection": facts["collection"],
        "rai:dataPreprocessingProtocol": facts["steps"],
        "rai:dataManipulationProtocol": facts["masking"],
        "rai:personalSensitiveInformation": facts["personal"],
        "rai:dataLimitations": facts["limitations"],
        "rai:dataUseCases": facts["uses"],
        "rai:dataReleaseMaintenancePlan": facts["maintenance"],
        "rai:dataBiases": facts["biases"],
    }
    return {key: value for key, value in said.items() if value}
