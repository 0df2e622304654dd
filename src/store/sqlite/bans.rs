//! Who is banned from the drop box: written and read.

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::apply::record;
use super::row::{time, timestamp};
use crate::store::{Applied, Ban, Banning, Store, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

pub(super) async fn banning(db: &mut SqliteConnection, unit: &Banning) -> Result<Applied> {
    match unit {
        Banning::Begun => {
            sqlx::query("DELETE FROM bans").execute(&mut *db).await?;
        }
        Banning::Told { bans, let_in, at } => {
            for origin in let_in {
                sqlx::query("DELETE FROM bans WHERE origin = $1").bind(origin).execute(&mut *db).await?;
            }
            sqlx::query("DELETE FROM bans WHERE until <= $1").bind(time(*at)).execute(&mut *db).await?;
            for Ban { origin, until, failures, users } in bans {
                // Who lifts it meanwhile means this one too.
                let statement = "INSERT INTO bans (origin, until, failures, users) VALUES ($1, $2, $3, $4) \
                    ON CONFLICT (origin) DO UPDATE SET until = $2, failures = $3, users = $4";
                let query = sqlx::query(statement).bind(origin).bind(time(*until)).bind(failures);
                query.bind(serde_json::json!(users).to_string()).execute(&mut *db).await?;
            }
        }
        Banning::Lifted(origin, audit) => {
            let statement = "UPDATE bans SET lifted_at = $2 WHERE origin = $1 AND until > $2 AND lifted_at IS NULL";
            let lifted = sqlx::query(statement).bind(origin).bind(time(audit.at)).execute(&mut *db).await?;
            if lifted.rows_affected() == 0 {
                return Ok(Applied::Stale);
            }
            record(db, audit, &format!("address {origin}")).await?;
        }
    }
    Ok(Applied::Done(0))
}

impl Store {
    /// Who is banned from the drop box, by the gateway that runs; who is banned longest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn bans(&self, now: Timestamp) -> Result<Vec<Ban>> {
        let statement = "SELECT origin, until, failures, users FROM bans WHERE until > $1 AND lifted_at IS NULL \
            ORDER BY until DESC, origin";
        let rows = sqlx::query(statement).bind(time(now)).fetch_all(&self.reads).await?;
        let ban = |row: &SqliteRow| {
            Ok(Ban {
                origin: row.get(0),
                until: timestamp(row.get(1))?,
                failures: row.get(2),
                users: serde_json::from_str(row.get(3)).unwrap_or_default(),
            })
        };
        rows.iter().map(ban).collect()
    }

    /// Whose bans a person has lifted, and who is not let in yet.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn lifted(&self) -> Result<Vec<String>> {
        let rows = sqlx::query("SELECT origin FROM bans WHERE lifted_at IS NOT NULL").fetch_all(&self.reads).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}
