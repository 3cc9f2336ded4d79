"""Cases, events, the end of the chain; events may be added and nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_REFUSED = "the history of cases is append-only"


def upgrade() -> None:
    """Make the tables of the first version."""
    _cases()
    op.create_table(
        "events",
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("verified", sa.Boolean, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
    )
    op.create_index("ix_events_case_id", "events", ["case_id"])
    chain = op.create_table(
        "chain",
        sa.Column("row_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.CheckConstraint("row_id = 1", name="one_row"),
    )
    op.bulk_insert(chain, [{"row_id": 1, "seq": 0, "hash": "0" * 64}])
    _forbid_changes()


def _cases() -> None:
    texts = ("contract_id", "parcel_id", "holder", "district_code", "park_id", "drafted_by", "assignee",
             "due_clause")
    op.create_table(
        "cases",
        sa.Column("case_id", sa.String(32), primary_key=True),
        sa.Column("workflow", sa.String(40), nullable=False),
        sa.Column("subject_kind", sa.String(20), nullable=False),
        sa.Column("subject_id", sa.Text, nullable=False),
        sa.Column("state", sa.String(60), nullable=False),
        sa.Column("stepped_on", sa.String(10), nullable=False),
        sa.Column("opened_on", sa.String(10), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("area_m2", sa.Float(53)),
        sa.Column("amount_cny", sa.Float(53)),
        sa.Column("paid_cny", sa.Float(53)),
        sa.Column("returns_to", sa.String(60)),
        sa.Column("measure", sa.String(40)),
        sa.Column("outcome", sa.String(40)),
        sa.Column("due_date", sa.String(10)),
        sa.Column("flag", sa.String(20)),
        sa.Column("as_of", sa.String(10)),
        sa.Column("closed_on", sa.String(10)),
        *(sa.Column(name, sa.Text) for name in texts),
    )
    open_only = sa.text("closed_on IS NULL")
    op.create_index("one_open_case", "cases", ["workflow", "subject_kind", "subject_id"], unique=True,
                    sqlite_where=open_only, postgresql_where=open_only)
    op.create_index("cases_by_state", "cases", ["workflow", "state"])
    op.create_index("cases_by_due", "cases", ["due_date"])
    op.create_index("cases_by_assignee", "cases", ["assignee"])


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER events_no_{act.lower()} BEFORE {act} ON events "
                       f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END")
        return
    op.execute("CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$")
    op.execute("CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE ON events "
               "FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events "
               "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()")
