//! Visits to partners' servers: written and read.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::receive::receive;
use super::row::{diagnostics, diagnostics_text, time, timestamp};
use crate::store::{Applied, PickUp, Remote, Store, StoreError, VisitState, Visiting};

type Result<T> = std::result::Result<T, StoreError>;

const VISITS: &str =
    "SELECT partner, folder, last_at, failed_at, failures, next_at, needs_person, diagnostics FROM visits";

pub(super) async fn visiting(db: &mut SqliteConnection, unit: &Visiting) -> Result<Applied> {
    match unit {
        Visiting::PickedUp { remote: Remote { partner, folder, name }, listed: (bytes, modified), payload } => {
            let received = receive(db, &[payload]).await?.pop();
            let Some(Applied::Done(id)) = received else { return Ok(received.unwrap_or(Applied::Stale)) };
            let statement = "INSERT OR REPLACE INTO pick_ups (partner, folder, name, bytes, modified, sha256, payload, taken_at) \
                SELECT $1, $2, $3, $4, $5, c.sha256, p.id, $7 FROM payloads AS p JOIN contents AS c ON c.id = p.content \
                WHERE p.id = $6";
            let query = sqlx::query(statement)
                .bind(partner)
                .bind(folder)
                .bind(name)
                .bind(i64::try_from(*bytes).unwrap_or(i64::MAX))
                .bind(modified)
                .bind(id)
                .bind(time(payload.received_at));
            query.execute(&mut *db).await?;
            return Ok(Applied::Done(id));
        }
        Visiting::Touched(remote, modified) => {
            let statement = "UPDATE pick_ups SET modified = $4 WHERE partner = $1 AND folder = $2 AND name = $3";
            of(statement, remote).bind(modified).execute(&mut *db).await?;
        }
        Visiting::Disposed(remote, at) => {
            let statement = "UPDATE pick_ups SET disposed_at = $4 WHERE partner = $1 AND folder = $2 AND name = $3";
            of(statement, remote).bind(time(*at)).execute(&mut *db).await?;
        }
        Visiting::Listed { partner, folder, gone, back, forget, at } => {
            for (names, statement) in [
                (gone, "UPDATE pick_ups SET gone_at = $4 WHERE partner = $1 AND folder = $2 AND name = $3"),
                (back, "UPDATE pick_ups SET gone_at = NULL WHERE partner = $1 AND folder = $2 AND name = $3"),
                (forget, "DELETE FROM pick_ups WHERE partner = $1 AND folder = $2 AND name = $3"),
            ] {
                for name in names {
                    let query = sqlx::query(statement).bind(partner).bind(folder).bind(name).bind(time(*at));
                    query.execute(&mut *db).await?;
                }
            }
        }
        Visiting::Visited { partner, folder, at, next_at, let_in, done, problem, needs_person } => {
            let statement = "INSERT INTO visits (partner, folder, last_at, failed_at, failures, next_at, needs_person, diagnostics, not_let_in) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (partner, folder) DO UPDATE SET \
                last_at = coalesce($3, last_at), failed_at = coalesce($4, failed_at), \
                failures = CASE WHEN $5 = 0 THEN 0 ELSE failures + 1 END, next_at = $6, needs_person = $7, diagnostics = $8, \
                not_let_in = $9";
            let last_at = done.then(|| time(*at));
            let failed_at = problem.as_ref().map(|_| time(*at));
            let query = sqlx::query(statement)
                .bind(partner)
                .bind(folder)
                .bind(last_at)
                .bind(failed_at)
                .bind(i64::from(!done))
                .bind(time(*next_at))
                .bind(needs_person)
                .bind(diagnostics_text(problem.as_slice()))
                .bind(!let_in);
            query.execute(&mut *db).await?;
            if *let_in {
                open_again(db, partner, *at).await?;
            }
        }
        Visiting::Now(partner, at) => {
            let statement = "UPDATE visits SET next_at = min(next_at, $2), needs_person = 0 WHERE partner = $1";
            sqlx::query(statement).bind(partner).bind(time(*at)).execute(&mut *db).await?;
            deliveries_due(db, partner, *at).await?;
        }
    }
    Ok(Applied::Done(0))
}

/// The server of a partner lets us in: what failed because it did not is due, be it to be put or to be picked up.
async fn open_again(db: &mut SqliteConnection, partner: &str, at: Timestamp) -> Result<()> {
    let statement = "UPDATE visits SET next_at = min(next_at, $2), needs_person = 0, not_let_in = 0 \
        WHERE partner = $1 AND not_let_in RETURNING folder";
    let open = sqlx::query(statement).bind(partner).bind(time(at)).fetch_all(&mut *db).await?;
    match open.iter().any(|row| row.get::<&str, _>(0).is_empty()) {
        true => deliveries_due(db, partner, at).await,
        false => Ok(()),
    }
}

async fn deliveries_due(db: &mut SqliteConnection, partner: &str, at: Timestamp) -> Result<()> {
    let statement = "UPDATE deliveries SET due_at = min(due_at, $2) WHERE partner = $1 AND state = 'waiting'";
    sqlx::query(statement).bind(partner).bind(time(at)).execute(&mut *db).await?;
    Ok(())
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn of<'q>(statement: &'static str, remote: &'q Remote) -> Query<'q> {
    sqlx::query(statement).bind(&remote.partner).bind(&remote.folder).bind(&remote.name)
}

impl Store {
    /// The files of a folder of a partner's server that were picked up.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn picked_up(&self, partner: &str, folder: &str) -> Result<Vec<PickUp>> {
        let statement = "SELECT name, bytes, modified, sha256, disposed_at IS NOT NULL, gone_at FROM pick_ups \
            WHERE partner = $1 AND folder = $2";
        let rows = sqlx::query(statement).bind(partner).bind(folder).fetch_all(&self.reads).await?;
        let pick_up = |row: &SqliteRow| {
            Ok(PickUp {
                name: row.get(0),
                size: row.get::<i64, _>(1).unsigned_abs(),
                modified: row.get(2),
                sha256: row.get(3),
                disposed: row.get(4),
                gone_at: row.get::<Option<i64>, _>(5).map(timestamp).transpose()?,
            })
        };
        rows.iter().map(pick_up).collect()
    }

    /// How visits to partners' servers went.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn visits(&self) -> Result<Vec<VisitState>> {
        let statement = format!("{VISITS} ORDER BY partner, folder");
        let rows = sqlx::query(AssertSqlSafe(statement)).fetch_all(&self.reads).await?;
        rows.iter().map(visit).collect()
    }

    /// How visits to a partner's folder went, or, of the folder "", deliveries to its server.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn visits_of(&self, partner: &str, folder: &str) -> Result<Option<VisitState>> {
        let statement = format!("{VISITS} WHERE partner = $1 AND folder = $2");
        let query = sqlx::query(AssertSqlSafe(statement)).bind(partner).bind(folder);
        query.fetch_optional(&self.reads).await?.as_ref().map(visit).transpose()
    }
}

fn visit(row: &SqliteRow) -> Result<VisitState> {
    let at = |column: usize| row.get::<Option<i64>, _>(column).map(timestamp).transpose();
    Ok(VisitState {
        partner: row.get(0),
        folder: row.get(1),
        last_at: at(2)?,
        failed_at: at(3)?,
        failures: u32::try_from(row.get::<i64, _>(4)).unwrap_or(u32::MAX),
        next_at: timestamp(row.get(5))?,
        needs_person: row.get(6),
        diagnostics: diagnostics(row.get(7)),
    })
}
