//! One statement for many rows: the way to the thread of the database and back takes longer than most statements do.

use sqlx::encode::Encode;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Sqlite, SqliteConnection, Type};

use crate::store::StoreError;

/// Rows of one statement, at most.
const ROWS: usize = 32;

/// Splits what rows are made of into what goes into one statement each: a power of two, so that there are few different texts
/// and each of them stays prepared.
pub(super) fn in_rows<T>(all: &[T]) -> impl Iterator<Item = &[T]> {
    let mut left = all;
    std::iter::from_fn(move || {
        let count = ROWS.min(1 << left.len().checked_ilog2()?);
        let (some, more) = left.split_at(count);
        left = more;
        Some(some)
    })
}

/// A statement with rows of values, which are bound one behind the other.
pub(super) struct Statement {
    text: String,
    values: SqliteArguments,
    failed: Option<BoxDynError>,
}

impl Statement {
    /// A statement in whose text `{rows}` stands for so many rows of so many values: `VALUES {rows}`.
    pub(super) fn new(text: &str, rows: usize, columns: usize) -> Self {
        let row = format!("({})", vec!["?"; columns].join(", "));
        let text = text.replace("{rows}", &vec![row; rows].join(", "));
        Self { text, values: SqliteArguments::default(), failed: None }
    }

    /// The next value.
    pub(super) fn bind<'t>(&mut self, value: impl Encode<'t, Sqlite> + Type<Sqlite>) -> &mut Self {
        if let Err(failed) = self.values.add(value) {
            self.failed.get_or_insert(failed);
        }
        self
    }

    /// Runs it. The id of the row that was inserted last.
    pub(super) async fn run(self, db: &mut SqliteConnection) -> Result<i64, StoreError> {
        let (text, values) = self.ready()?;
        Ok(sqlx::query_with(text, values).execute(db).await?.last_insert_rowid())
    }

    /// Runs it. What it answers.
    pub(super) async fn ask(self, db: &mut SqliteConnection) -> Result<Vec<SqliteRow>, StoreError> {
        let (text, values) = self.ready()?;
        Ok(sqlx::query_with(text, values).fetch_all(db).await?)
    }

    /// Put together from texts of this program only.
    fn ready(self) -> Result<(AssertSqlSafe<String>, SqliteArguments), StoreError> {
        match self.failed {
            None => Ok((AssertSqlSafe(self.text), self.values)),
            Some(failed) => Err(sqlx::Error::Encode(failed).into()),
        }
    }
}

/// Inserts rows by a statement that [`Statement::new`] takes, for each of `all` what `bind` binds. Their ids, where the table
/// gives them in order (`AUTOINCREMENT`); of another one they say nothing.
pub(super) async fn insert<T>(
    db: &mut SqliteConnection,
    (text, columns): (&str, usize),
    all: &[T],
    bind: impl Fn(&mut Statement, &T) -> Result<(), StoreError>,
) -> Result<Vec<i64>, StoreError> {
    let mut ids = Vec::with_capacity(all.len());
    for some in in_rows(all) {
        let mut statement = Statement::new(text, some.len(), columns);
        some.iter().try_for_each(|one| bind(&mut statement, one))?;
        let last = statement.run(db).await?;
        ids.extend(last + 1 - some.len() as i64..=last);
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, Row, SqliteConnection};

    use super::*;

    #[test]
    fn rows_are_split_into_few_different_numbers_of_them() {
        let split = |count: usize| in_rows(&vec![(); count]).map(<[()]>::len).collect::<Vec<_>>();
        assert_eq!((split(0), split(1), split(7), split(75)), (vec![], vec![1], vec![4, 2, 1], vec![32, 32, 8, 2, 1]));
    }

    #[tokio::test]
    async fn ids_are_those_of_the_rows_in_their_order() {
        let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let table = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER, text TEXT)";
        sqlx::query(table).execute(&mut db).await.unwrap();
        sqlx::query("INSERT INTO t (id, number) VALUES (1000, -1)").execute(&mut db).await.unwrap();
        let numbers: Vec<i64> = (0..75).collect();
        let ids = insert(&mut db, ("INSERT INTO t (number, text) VALUES {rows}", 2), &numbers, |row, number| {
            row.bind(*number).bind(format!("'{number}"));
            Ok(())
        });
        let ids = ids.await.unwrap();
        assert_eq!(ids, (1001..=1075).collect::<Vec<_>>());
        for (id, number) in ids.iter().zip(&numbers) {
            let row =
                sqlx::query("SELECT number, text FROM t WHERE id = $1").bind(id).fetch_one(&mut db).await.unwrap();
            assert_eq!((row.get::<i64, _>(0), row.get::<String, _>(1)), (*number, format!("'{number}")));
        }
    }
}
