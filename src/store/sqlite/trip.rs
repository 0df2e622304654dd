//! Statements that go to the thread of the database together: the way there and back takes longer than most of them.

use sqlx::encode::Encode;
use sqlx::error::BoxDynError;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Sqlite, SqliteConnection, Type};

use crate::store::StoreError;

/// Statements one behind the other, and the values of their `?` in order.
#[derive(Default)]
pub(super) struct Trip {
    statements: String,
    values: SqliteArguments,
    failed: Option<BoxDynError>,
}

impl Trip {
    /// Adds a statement; its values are bound next.
    pub(super) fn say(&mut self, statement: &str) -> &mut Self {
        if !self.statements.is_empty() {
            self.statements.push_str("; ");
        }
        self.statements.push_str(statement);
        self
    }

    /// The value of the next `?` of the statement said last.
    pub(super) fn bind<'t>(&mut self, value: impl Encode<'t, Sqlite> + Type<Sqlite>) -> &mut Self {
        if let Err(failed) = self.values.add(value) {
            self.failed.get_or_insert(failed);
        }
        self
    }

    /// Runs the statements, in order, and is empty again. The id of the row that was inserted last; 0 where there was nothing to run.
    pub(super) async fn go(&mut self, db: &mut SqliteConnection) -> Result<i64, StoreError> {
        if self.statements.is_empty() {
            return Ok(0);
        }
        let Self { statements, values, failed } = std::mem::take(self);
        if let Some(failed) = failed {
            return Err(sqlx::Error::Encode(failed).into());
        }
        // Put together from texts of this program only; the same ones again and again, so they are kept prepared.
        Ok(sqlx::query_with(AssertSqlSafe(statements), values).execute(db).await?.last_insert_rowid())
    }
}
