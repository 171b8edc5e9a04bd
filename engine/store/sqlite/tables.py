"""The tables, for those who read the database with SQL.

Content is stored once and named by its address (SHA-256 of its canonical form): a 32-byte BLOB
here, ``sha256:<hex>`` everywhere else. Lists that alike things share (the verdicts of a node, the
nodes of a snapshot, the subjects of a run) are JSON arrays of row ids, so that ``json_each`` opens
them and ten thousand alike nodes cost one list. Long lists are cut into pages at places that depend
on the names only, so that one changed node leaves the other pages alone. The views at the end do
the opening.

No row is ever changed or deleted; triggers refuse it. What is `DERIVED` from the others is worked
out again by ``eidos history vacuum``, and ``eidos history prune`` takes rows away and leaves
`CHECKPOINTS`.
"""

from collections.abc import Sequence

TABLES = (
    # Every content address. What it names has the same id in the table it is kept in; memo keys and
    # the facts of subjects may be kept nowhere. Eight bytes tell addresses apart well enough.
    """CREATE TABLE addresses (
        id INTEGER PRIMARY KEY,
        address ANY NOT NULL
    ) STRICT""",
    "CREATE INDEX addresses_by_beginning ON addresses (substr(address, 1, 8))",
    # Content by address; ``body`` is zlib. Forms: ``whole``; ``patch``, what changed of the JSON
    # object in ``base``; ``like``, itself. The last two have the content of the whole blob at the
    # end of their bases as zlib's dictionary. Whole ones say of what kind they and theirs are.
    """CREATE TABLE blobs (
        id INTEGER PRIMARY KEY REFERENCES addresses,
        kind TEXT,
        form TEXT NOT NULL,
        base INTEGER REFERENCES blobs,
        body BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX whole_blobs ON blobs (kind) WHERE kind IS NOT NULL",
    # The facts of one node, or of the cluster: {"GPU": {"smi": blob}}.
    """CREATE TABLE trees (
        id INTEGER PRIMARY KEY REFERENCES addresses,
        facts TEXT NOT NULL
    ) STRICT""",
    # Part of a snapshot's nodes: {"node name": tree}.
    """CREATE TABLE node_pages (
        id INTEGER PRIMARY KEY REFERENCES addresses,
        nodes TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE snapshots (
        id INTEGER PRIMARY KEY REFERENCES addresses,
        tree INTEGER NOT NULL REFERENCES trees,
        pages TEXT NOT NULL,
        collection INTEGER NOT NULL REFERENCES blobs
    ) STRICT""",
    # Which pack judged.
    """CREATE TABLE packs (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        version TEXT NOT NULL,
        digest TEXT NOT NULL,
        UNIQUE (name, version, digest)
    ) STRICT""",
    # A rule as it was asked; the blob of the same id is all of it, its modules and tables by
    # address.
    """CREATE TABLE rules (
        id INTEGER PRIMARY KEY REFERENCES addresses,
        rule TEXT NOT NULL,
        digest TEXT NOT NULL,
        title TEXT NOT NULL,
        severity TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE rule_lists (
        id INTEGER PRIMARY KEY REFERENCES addresses,
        rules TEXT NOT NULL
    ) STRICT""",
    # What a rule said, before waivers and enforcement.
    """CREATE TABLE judgements (
        id INTEGER PRIMARY KEY REFERENCES addresses,
        rule TEXT NOT NULL,
        status TEXT NOT NULL,
        findings TEXT NOT NULL,
        reason TEXT
    ) STRICT""",
    # As the first databases had it; `MEMOS` takes its place.
    """CREATE TABLE memos (
        memo INTEGER PRIMARY KEY REFERENCES addresses,
        judgement INTEGER NOT NULL REFERENCES judgements
    ) STRICT""",
    """CREATE TABLE verdicts (
        id INTEGER PRIMARY KEY,
        judgement INTEGER NOT NULL REFERENCES judgements,
        enforcement TEXT NOT NULL,
        waiver TEXT,
        memo INTEGER REFERENCES addresses
    ) STRICT""",
    "CREATE INDEX verdicts_by_content ON verdicts (judgement, memo)",
    # Every verdict about one subject, in the order of the report: [verdict, ...].
    """CREATE TABLE verdict_lists (
        id INTEGER PRIMARY KEY REFERENCES addresses,
        verdicts TEXT NOT NULL
    ) STRICT""",
    # Who is judged, from run to run. ``cluster`` is '' when none is known.
    """CREATE TABLE subjects (
        id INTEGER PRIMARY KEY,
        cluster TEXT NOT NULL,
        scope TEXT NOT NULL,
        name TEXT NOT NULL,
        UNIQUE (name, cluster, scope)
    ) STRICT""",
    # Part of a run's subjects: [[subject, address of its facts, verdict list], ...].
    """CREATE TABLE subject_pages (
        id INTEGER PRIMARY KEY REFERENCES addresses,
        subjects TEXT NOT NULL
    ) STRICT""",
    # A run, and its link in the chain: the address of [link of the run before, content].
    """CREATE TABLE runs (
        number INTEGER PRIMARY KEY,
        run TEXT NOT NULL UNIQUE,
        started TEXT NOT NULL,
        effective_time TEXT NOT NULL,
        generator TEXT NOT NULL,
        engine TEXT NOT NULL,
        decision TEXT NOT NULL,
        exit_code INTEGER NOT NULL,
        counts TEXT NOT NULL,
        subjects INTEGER NOT NULL,
        fail_on TEXT NOT NULL,
        allow_incomplete INTEGER NOT NULL,
        packs TEXT NOT NULL,
        rules INTEGER NOT NULL REFERENCES rule_lists,
        details INTEGER REFERENCES blobs,
        content BLOB NOT NULL,
        link BLOB NOT NULL
    ) STRICT""",
    # Neighbouring subjects of a run that come from one document, cluster and time. ``pages`` are
    # subject_pages; ``locations`` are blobs, page by page, with the lines of the findings; ``at``
    # is the timestamp, or the run's start if there is none, in milliseconds since 1970.
    """CREATE TABLE run_parts (
        run INTEGER NOT NULL REFERENCES runs,
        part INTEGER NOT NULL,
        file TEXT NOT NULL,
        cluster TEXT,
        timestamp TEXT,
        at INTEGER NOT NULL,
        pages TEXT NOT NULL,
        locations TEXT NOT NULL,
        PRIMARY KEY (run, part)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX run_parts_by_time ON run_parts (cluster, at)",
    # A snapshot as a run saw it; ``part`` is the run_part with its file.
    """CREATE TABLE captures (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs,
        snapshot INTEGER NOT NULL REFERENCES snapshots,
        cluster TEXT,
        at INTEGER NOT NULL,
        timestamp TEXT,
        generator TEXT,
        labels TEXT NOT NULL,
        part INTEGER,
        remarks INTEGER REFERENCES blobs
    ) STRICT""",
    "CREATE INDEX captures_by_time ON captures (cluster, at)",
    "CREATE INDEX captures_by_run ON captures (run)",
    # From when on (state time) a subject's verdicts were these, as the given run found.
    """CREATE TABLE standings (
        subject INTEGER NOT NULL REFERENCES subjects,
        at INTEGER NOT NULL,
        run INTEGER NOT NULL REFERENCES runs,
        verdicts INTEGER NOT NULL REFERENCES verdict_lists,
        PRIMARY KEY (subject, at, run)
    ) STRICT, WITHOUT ROWID""",
)

MEMOS = """CREATE TABLE memos (
        memo INTEGER NOT NULL REFERENCES addresses,
        sealer TEXT NOT NULL,
        judgement INTEGER NOT NULL REFERENCES judgements,
        seal BLOB NOT NULL,
        PRIMARY KEY (memo, sealer)
    ) STRICT, WITHOUT ROWID"""
"""What need not be evaluated again: memo key to judgement, for those who have the key that the seal
is made with. ``sealer`` names that key; '' where the row is older than seals."""

RECIPES = """CREATE TABLE recipes (
        id INTEGER PRIMARY KEY REFERENCES blobs,
        name TEXT NOT NULL
    ) STRICT"""
"""Recipes that clusters were held against, or that were resolved; the blob of the same id is all
of it."""
LACKS = "ALTER TABLE judgements ADD COLUMN lacks TEXT"
"""What the reason is made of: [[why, fact, verb], ...] as JSON; NULL where that is not known."""
RECORDED = "ALTER TABLE runs ADD COLUMN recorded INTEGER"
"""Knowledge time: when the run was written here, in milliseconds since 1970; NULL in runs of an
eidos that did not write it down."""

RECORDED_AT = "coalesce(r.recorded, 1000 * CAST(strftime('%s', r.started) AS INTEGER))"
"""Gives the knowledge time of a run ``r``."""

WAIVERS = """CREATE TABLE waivers (
        id INTEGER PRIMARY KEY REFERENCES blobs,
        waiver TEXT NOT NULL,
        rule TEXT NOT NULL,
        owner TEXT NOT NULL,
        approver TEXT NOT NULL,
        since TEXT,
        until TEXT NOT NULL
    ) STRICT"""
"""Waivers, whatever file they stood in; the blob of the same id is all of it. The details of a run
name those that were given, by address, with their places."""

WAIVER_LIVES = """CREATE TABLE waiver_lives (
        waiver INTEGER PRIMARY KEY REFERENCES waivers,
        first INTEGER NOT NULL REFERENCES runs,
        last INTEGER NOT NULL REFERENCES runs,
        first_used INTEGER REFERENCES runs,
        last_used INTEGER REFERENCES runs,
        uses INTEGER NOT NULL,
        state TEXT NOT NULL
    ) STRICT"""
"""By which runs a waiver was given, and by which used; ``state`` is what the last one said."""

CHECKPOINTS = """CREATE TABLE checkpoints (
        last INTEGER PRIMARY KEY,
        first INTEGER NOT NULL,
        link BLOB NOT NULL,
        pruned TEXT NOT NULL,
        sealer TEXT NOT NULL,
        seal BLOB NOT NULL
    ) STRICT"""
"""What pruning left of the runs from number ``first`` to ``last``: the link of the last one, which
the next run is linked to. ``sealer`` and ``seal`` are as in ``memos``."""

PENDING = """CREATE TABLE pending (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        snapshot INTEGER NOT NULL REFERENCES snapshots,
        remarks INTEGER REFERENCES blobs,
        since INTEGER NOT NULL
    ) STRICT"""
"""Snapshots that are stored ahead of their run, so that pruning lets them be; ``since`` is when the
run started, in milliseconds since 1970. A row that is days old is of a run that was killed."""

BUNDLINGS = """CREATE TABLE bundlings (
        run INTEGER PRIMARY KEY REFERENCES runs,
        after INTEGER REFERENCES runs,
        record INTEGER NOT NULL REFERENCES blobs,
        document INTEGER NOT NULL REFERENCES blobs,
        gate TEXT NOT NULL,
        decision TEXT NOT NULL,
        cluster TEXT,
        recipe TEXT NOT NULL,
        deployers TEXT NOT NULL,
        components TEXT NOT NULL,
        bundle TEXT,
        place TEXT
    ) STRICT"""
"""What gates decided about recipes that were to be bundled: ``run`` judged the snapshot and its
details name ``record``, ``after`` judged what was rendered; ``document`` is ``gate.json``. The
other columns say again what the record says."""

IMMUTABLE = (
    "blobs",
    "addresses",
    "trees",
    "node_pages",
    "snapshots",
    "packs",
    "rules",
    "rule_lists",
    "judgements",
    "memos",
    "verdicts",
    "verdict_lists",
    "subjects",
    "subject_pages",
    "runs",
    "run_parts",
    "captures",
    "standings",
    "recipes",
    "waivers",
    "checkpoints",
    "bundlings",
)
"""Tables of which nothing is changed or deleted, except by pruning."""
DERIVED = ("standings", "waiver_lives")
"""Tables that follow from the others: no run's address is over them."""
_LATER = frozenset({"recipes", "waivers", "checkpoints", "bundlings"})
FIRST = tuple(table for table in IMMUTABLE if table not in _LATER)
"""Those of the first release."""

VIEWS = (
    # Every subject of every run.
    """CREATE VIEW run_subjects AS
    SELECT r.number AS number, r.run AS run, p.file AS file, p.timestamp AS timestamp,
        s.id AS subject, nullif(s.cluster, '') AS cluster, s.scope AS scope, s.name AS name,
        json_extract(e.value, '$[2]') AS verdicts
    FROM runs r
    JOIN run_parts p ON p.run = r.number
    JOIN json_each(p.pages) page
    JOIN subject_pages sp ON sp.id = page.value
    JOIN json_each(sp.subjects) e
    JOIN subjects s ON s.id = json_extract(e.value, '$[0]')""",
    # Every verdict of every run.
    """CREATE VIEW run_verdicts AS
    SELECT rs.number AS number, rs.run AS run, rs.cluster AS cluster, rs.scope AS scope,
        rs.name AS name, j.rule AS rule, j.status AS status, j.findings AS findings,
        j.reason AS reason, v.enforcement AS enforcement, v.waiver AS waiver,
        'sha256:' || lower(hex(a.address)) AS memo
    FROM run_subjects rs
    JOIN verdict_lists l ON l.id = rs.verdicts
    JOIN json_each(l.verdicts) e
    JOIN verdicts v ON v.id = e.value
    JOIN judgements j ON j.id = v.judgement
    LEFT JOIN addresses a ON a.id = v.memo""",
    # Every node of every snapshot; the cluster's own facts have node NULL.
    """CREATE VIEW snapshot_nodes AS
    SELECT s.id AS snapshot, n.key AS node, n.value AS tree
    FROM snapshots s
    JOIN json_each(s.pages) page
    JOIN node_pages np ON np.id = page.value
    JOIN json_each(np.nodes) n
    UNION ALL
    SELECT id, NULL, tree FROM snapshots""",
    # The interval in which each (cluster, subject, rule) held each status; ``until`` NULL is now.
    """CREATE VIEW status_intervals AS
    WITH held AS (
        SELECT nullif(s.cluster, '') AS cluster, s.scope AS scope, s.name AS name,
            t.at AS at, t.run AS run, j.rule AS rule, j.status AS status
        FROM standings t
        JOIN subjects s ON s.id = t.subject
        JOIN verdict_lists l ON l.id = t.verdicts
        JOIN json_each(l.verdicts) e
        JOIN verdicts v ON v.id = e.value
        JOIN judgements j ON j.id = v.judgement
    ), sequenced AS (
        SELECT *, lead(at) OVER (PARTITION BY cluster, scope, name, rule ORDER BY at, run) AS next
        FROM held
    ), settled AS (
        SELECT *, lag(status) OVER (PARTITION BY cluster, scope, name, rule ORDER BY at, run)
            AS before
        FROM sequenced WHERE next IS NOT at
    ), turns AS (
        SELECT cluster, scope, name, rule, status, at AS since, run,
            lead(at) OVER (PARTITION BY cluster, scope, name, rule ORDER BY at, run) AS until
        FROM settled WHERE before IS NOT status
    )
    SELECT t.cluster AS cluster, t.scope AS scope, t.name AS name, t.rule AS rule,
        t.status AS status, strftime('%Y-%m-%dT%H:%M:%fZ', t.since / 1000.0, 'unixepoch') AS since,
        strftime('%Y-%m-%dT%H:%M:%fZ', t.until / 1000.0, 'unixepoch') AS until, r.run AS run
    FROM turns t JOIN runs r ON r.number = t.run""",
)


AUDIT_VIEWS = (
    # Every cluster of which anything was seen.
    """CREATE VIEW v1_clusters AS
    SELECT cluster, count(*) AS snapshots, count(DISTINCT snapshot) AS distinct_snapshots,
        strftime('%Y-%m-%dT%H:%M:%SZ', min(at) / 1000.0, 'unixepoch') AS first_seen,
        strftime('%Y-%m-%dT%H:%M:%SZ', max(at) / 1000.0, 'unixepoch') AS last_seen
    FROM captures WHERE cluster IS NOT NULL GROUP BY cluster""",
    # Every run.
    """CREATE VIEW v1_runs AS
    SELECT number, run, started, effective_time, generator, engine, decision, exit_code, subjects,
        fail_on, allow_incomplete, 'sha256:' || lower(hex(link)) AS link
    FROM runs""",
    # The packs of every run.
    """CREATE VIEW v1_run_packs AS
    SELECT r.run AS run, p.name AS pack, p.version AS version, p.digest AS digest
    FROM runs r JOIN json_each(r.packs) e JOIN packs p ON p.id = e.value""",
    # The rules of every run.
    """CREATE VIEW v1_run_rules AS
    SELECT r.run AS run, u.rule AS rule, u.title AS title, u.severity AS severity,
        u.digest AS digest
    FROM runs r JOIN rule_lists l ON l.id = r.rules JOIN json_each(l.rules) e
    JOIN rules u ON u.id = e.value""",
    # Every snapshot as a run saw it.
    """CREATE VIEW v1_snapshots AS
    SELECT r.run AS run, c.cluster AS cluster,
        strftime('%Y-%m-%dT%H:%M:%SZ', c.at / 1000.0, 'unixepoch') AS seen,
        'sha256:' || lower(hex(a.address)) AS snapshot, c.generator AS generator,
        c.labels AS labels
    FROM captures c JOIN runs r ON r.number = c.run JOIN addresses a ON a.id = c.snapshot""",
    # Every node of every snapshot; equal facts have equal addresses.
    """CREATE VIEW v1_nodes AS
    SELECT r.run AS run, c.cluster AS cluster,
        strftime('%Y-%m-%dT%H:%M:%SZ', c.at / 1000.0, 'unixepoch') AS seen,
        n.key AS node, 'sha256:' || lower(hex(t.address)) AS facts
    FROM captures c JOIN runs r ON r.number = c.run JOIN snapshots s ON s.id = c.snapshot
    JOIN json_each(s.pages) page JOIN node_pages np ON np.id = page.value
    JOIN json_each(np.nodes) n JOIN addresses t ON t.id = n.value""",
    # Every verdict of every run.
    """CREATE VIEW v1_verdicts AS
    SELECT r.number AS number, r.run AS run, r.started AS started,
        strftime('%Y-%m-%dT%H:%M:%SZ', p.at / 1000.0, 'unixepoch') AS seen,
        nullif(s.cluster, '') AS cluster, s.scope AS scope, s.name AS name, p.file AS file,
        j.rule AS rule, j.status AS status, j.reason AS reason, v.enforcement AS enforcement,
        v.waiver AS waiver, j.findings AS findings,
        'sha256:' || lower(hex(f.address)) AS facts
    FROM runs r
    JOIN run_parts p ON p.run = r.number
    JOIN json_each(p.pages) page
    JOIN subject_pages sp ON sp.id = page.value
    JOIN json_each(sp.subjects) e
    JOIN subjects s ON s.id = json_extract(e.value, '$[0]')
    JOIN addresses f ON f.id = json_extract(e.value, '$[1]')
    JOIN verdict_lists l ON l.id = json_extract(e.value, '$[2]')
    JOIN json_each(l.verdicts) w
    JOIN verdicts v ON v.id = w.value
    JOIN judgements j ON j.id = v.judgement""",
    # Every finding of every verdict.
    """CREATE VIEW v1_findings AS
    SELECT v.number AS number, v.run AS run, v.seen AS seen, v.cluster AS cluster,
        v.scope AS scope, v.name AS name, v.rule AS rule, v.status AS status,
        json_extract(f.value, '$.level') AS level, json_extract(f.value, '$.msg') AS message,
        json_extract(f.value, '$.path') AS path, json_extract(f.value, '$.actual') AS actual,
        json_extract(f.value, '$.expected') AS expected, json_extract(f.value, '$.fix') AS fix
    FROM v1_verdicts v JOIN json_each(v.findings) f""",
    # From when until when a rule had which status at a subject; ``until`` NULL is now.
    """CREATE VIEW v1_intervals AS
    SELECT cluster, scope, name, rule, status, since, until, run,
        (julianday(coalesce(until, 'now')) - julianday(since)) * 24 AS hours
    FROM status_intervals""",
)
BUNDLE_VIEWS = (
    # Every decision about a recipe that was to be bundled; ``bundle`` NULL where it is closed.
    """CREATE VIEW v1_bundles AS
    SELECT r.number AS number, r.run AS run, a.run AS after_run, r.started AS decided,
        b.cluster AS cluster, b.recipe AS recipe, b.gate AS gate, b.decision AS decision,
        b.deployers AS deployers, b.bundle AS bundle, b.place AS place
    FROM bundlings b JOIN runs r ON r.number = b.run LEFT JOIN runs a ON a.number = b.after""",
    # Every component of these.
    """CREATE VIEW v1_bundle_components AS
    SELECT r.number AS number, r.run AS run, r.started AS decided, b.cluster AS cluster,
        b.decision AS decision, b.bundle AS bundle, b.place AS place,
        json_extract(c.value, '$[0]') AS component, json_extract(c.value, '$[1]') AS version,
        json_extract(c.value, '$[2]') AS wave
    FROM bundlings b JOIN runs r ON r.number = b.run JOIN json_each(b.components) c""",
)
"""What auditors may build on, version 1: columns are added, and never renamed or removed; another
meaning is another view (``v2_``). docs/history-sql.md describes them."""


def guards(tables: Sequence[str] = IMMUTABLE) -> list[str]:
    """Give the triggers that refuse to change what is stored in these tables."""
    return [
        f"CREATE TRIGGER {table}_never_{event.lower()} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: what is stored is never changed'); END"
        for table in tables
        for event in ("UPDATE", "DELETE")
    ]
