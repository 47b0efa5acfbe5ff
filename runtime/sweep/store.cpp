#include "runtime/sweep/store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "runtime/support/error.hpp"

namespace satsim::sweep {
namespace {

constexpr int kApplication = 0x53415453;  // "SATS", in the file's header
constexpr int kVersion = 1;               // of the tables

constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS sweep (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS point (
  id TEXT NOT NULL,
  fidelity TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  field_values TEXT NOT NULL,
  network TEXT NOT NULL,
  batch INTEGER,
  seconds REAL,
  energy_j REAL,
  cycles INTEGER,
  gemm_cycles INTEGER,
  dram_bytes INTEGER,
  utilization REAL,
  gemm_s REAL,
  vector_s REAL,
  host_s REAL,
  transfer_s REAL,
  luts INTEGER,
  luts_estimated INTEGER NOT NULL,
  accuracy REAL,
  PRIMARY KEY (id, fidelity)
) WITHOUT ROWID;
)";

// Held while a process writes; the kernel lets go of it when the process ends, however it ends. A record lock
// belongs to the process: workers that it forked do not hold it any longer.
class WriteLock {
  public:
    explicit WriteLock(const std::filesystem::path& database) : path_(database.string() + ".lock") {
        for (;;) {
            descriptor_ = ::open(path_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
            if (descriptor_ < 0)
                throw InputError(path_, "", std::string("cannot be written: ") + std::strerror(errno));
            struct flock whole {};
            whole.l_type = F_WRLCK;
            whole.l_whence = SEEK_SET;
            if (::fcntl(descriptor_, F_SETLK, &whole) != 0) {
                ::close(descriptor_);
                throw InputError(database.string(), "", "is being written by another sweep");
            }
            // Its last holder may have removed the file that we have opened.
            struct stat ours {};
            struct stat there {};
            if (::fstat(descriptor_, &ours) == 0 && ::stat(path_.c_str(), &there) == 0 &&
                ours.st_ino == there.st_ino)
                return;
            ::close(descriptor_);
        }
    }
    WriteLock(const WriteLock&) = delete;
    WriteLock& operator=(const WriteLock&) = delete;
    ~WriteLock() {
        ::unlink(path_.c_str());
        ::close(descriptor_);
    }

  private:
    std::string path_;
    int descriptor_ = -1;
};

Status status_of(const std::string& text) {
    if (text == to_string(Status::Done)) return Status::Done;
    return text == to_string(Status::Impossible) ? Status::Impossible : Status::Fault;
}

}  // namespace

class Store::Database {
  public:
    Database(const std::filesystem::path& file, Mode mode) : file_(file.string()) {
        if (mode == Mode::Write) lock_ = std::make_unique<WriteLock>(file);
        const int flags =
            mode == Mode::Write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
        if (sqlite3_open_v2(file_.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
            const std::string why = handle_ != nullptr ? sqlite3_errmsg(handle_) : "out of memory";
            sqlite3_close(handle_);
            throw InputError(file_, "", "cannot be opened as a database of sweeps: " + why);
        }
        sqlite3_busy_timeout(handle_, 10000);  // a reader may hold a checkpoint up
    }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database() { sqlite3_close(handle_); }

    void run(const char* sql) const {
        char* fault = nullptr;
        if (sqlite3_exec(handle_, sql, nullptr, nullptr, &fault) == SQLITE_OK) return;
        const std::string why = fault != nullptr ? fault : "fault";
        sqlite3_free(fault);
        throw InputError(file_, "", "cannot be used as a database of sweeps: " + why);
    }
    [[nodiscard]] std::string ask(const char* sql) const;

    [[nodiscard]] sqlite3* handle() const { return handle_; }
    [[nodiscard]] const std::string& file() const { return file_; }

  private:
    std::string file_;
    std::unique_ptr<WriteLock> lock_;
    sqlite3* handle_ = nullptr;
};

namespace {

// One prepared statement.
class Statement {
  public:
    Statement(sqlite3* database, const std::string& file, const char* sql)
        : file_(file), database_(database) {
        if (sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK) fail();
    }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement() { sqlite3_finalize(statement_); }

    Statement& put(const std::string& text) {
        return checked(sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                                         SQLITE_TRANSIENT));
    }
    Statement& put(std::int64_t value) { return checked(sqlite3_bind_int64(statement_, ++bound_, value)); }
    Statement& put(double value) { return checked(sqlite3_bind_double(statement_, ++bound_, value)); }
    Statement& put_null() { return checked(sqlite3_bind_null(statement_, ++bound_)); }
    template <typename T>
    Statement& put(const std::optional<T>& value) {
        return value ? put(*value) : put_null();
    }

    // True while there is a row.
    [[nodiscard]] bool step() {
        const int code = sqlite3_step(statement_);
        if (code != SQLITE_ROW && code != SQLITE_DONE) fail();
        return code == SQLITE_ROW;
    }
    void again() {
        sqlite3_reset(statement_);
        bound_ = 0;
    }

    [[nodiscard]] bool is_null(int column) const {
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }
    [[nodiscard]] std::string text(int column) const {
        const auto* bytes = sqlite3_column_text(statement_, column);
        return bytes == nullptr ? "" : reinterpret_cast<const char*>(bytes);
    }
    [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
    [[nodiscard]] double number(int column) const { return sqlite3_column_double(statement_, column); }

  private:
    Statement& checked(int code) {
        if (code != SQLITE_OK) fail();
        return *this;
    }
    [[noreturn]] void fail() const {
        const std::string why = sqlite3_errmsg(database_);
        if (sqlite3_errcode(database_) == SQLITE_CONSTRAINT)
            throw std::logic_error("a finished point was evaluated again: " + why);
        throw InputError(file_, "", "cannot be used as a database of sweeps: " + why);
    }

    const std::string& file_;
    sqlite3* database_;
    sqlite3_stmt* statement_ = nullptr;
    int bound_ = 0;
};

constexpr const char* kInsert =
    "INSERT INTO point (id, fidelity, status, reason, field_values, network, batch, seconds, energy_j, "
    "cycles, "
    "gemm_cycles, dram_bytes, utilization, gemm_s, vector_s, host_s, transfer_s, luts, luts_estimated, "
    "accuracy) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

std::string values_text(const std::vector<std::string>& values) {
    return nlohmann::json(values).dump();
}

StoredPoint read_point(const Statement& row) {
    StoredPoint point;
    PointLabels& labels = point.labels;
    labels.id = row.text(0);
    labels.fidelity = row.text(1);
    point.result.status = status_of(row.text(2));
    point.result.reason = row.text(3);
    const nlohmann::json values = nlohmann::json::parse(row.text(4), nullptr, false);
    if (values.is_array()) {
        for (const nlohmann::json& value : values)
            labels.values.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    }
    labels.network = row.text(5);
    StepFigures& f = point.result.figures;
    f.batch = row.integer(6);
    f.seconds = row.number(7);
    f.energy_j = row.number(8);
    f.cycles = row.integer(9);
    f.gemm_cycles = row.integer(10);
    f.dram_bytes = row.integer(11);
    f.utilization = row.number(12);
    f.gemm_s = row.number(13);
    f.vector_s = row.number(14);
    f.host_s = row.number(15);
    f.transfer_s = row.number(16);
    if (!row.is_null(17)) labels.luts = row.integer(17);
    labels.luts_estimated = row.integer(18) != 0;
    if (!row.is_null(19)) labels.accuracy = row.number(19);
    return point;
}

}  // namespace

const char* to_string(Status status) {
    switch (status) {
        case Status::Done:
            return "done";
        case Status::Impossible:
            return "impossible";
        case Status::Fault:
            return "fault";
    }
    return "?";
}

std::string Store::Database::ask(const char* sql) const {
    Statement statement(handle_, file_, sql);
    return statement.step() ? statement.text(0) : "";
}

Store::Store(const std::filesystem::path& file, Mode mode, const std::string& program)
    : database_(std::make_unique<Database>(file, mode)) {
    const Database& db = *database_;
    const std::string application = db.ask("PRAGMA application_id");
    const bool empty = db.ask("SELECT count(*) FROM sqlite_master") == "0";
    const bool ours = application == std::to_string(kApplication);
    if (!ours && !(empty && mode == Mode::Write))
        throw InputError(db.file(), "", "is a database, but none of sweeps");
    if (mode == Mode::Write) {
        db.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
        // All at once: a file is either empty or whole.
        db.run(("BEGIN IMMEDIATE; PRAGMA application_id=" + std::to_string(kApplication) + ";" + kTables +
                "INSERT OR IGNORE INTO sweep VALUES ('version', '" + std::to_string(kVersion) +
                "'); INSERT OR IGNORE INTO sweep VALUES ('program', '" + program + "'); COMMIT;")
                   .c_str());
    }
    const std::string version = db.ask("SELECT value FROM sweep WHERE key = 'version'");
    if (version != std::to_string(kVersion))
        throw InputError(db.file(), "",
                         "has tables of version " + version + ", expected " + std::to_string(kVersion));
    const std::string writer = db.ask("SELECT value FROM sweep WHERE key = 'program'");
    if (writer != program)
        throw InputError(
            db.file(), "",
            "holds results of " + writer + ", and this is " + program + "; expected another --db");
}

Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

void Store::describe(const std::string& name, const std::vector<std::string>& fields,
                     const std::string& text) {
    database_->run("BEGIN IMMEDIATE");
    Statement put(database_->handle(), database_->file(), "INSERT OR REPLACE INTO sweep VALUES (?, ?)");
    for (const auto& [key, value] :
         {std::pair{std::string("name"), name}, std::pair{std::string("fields"), values_text(fields)},
          std::pair{std::string("file"), text}}) {
        static_cast<void>(put.put(key).put(value).step());
        put.again();
    }
    database_->run("COMMIT");
}

void Store::add(const StoredPoint& point) {
    const PointLabels& labels = point.labels;
    const PointResult& result = point.result;
    Statement row(database_->handle(), database_->file(), kInsert);
    row.put(labels.id).put(labels.fidelity).put(std::string(to_string(result.status))).put(result.reason);
    row.put(values_text(labels.values)).put(labels.network);
    if (result.status == Status::Done) {
        const StepFigures& f = result.figures;
        row.put(f.batch).put(f.seconds).put(f.energy_j).put(f.cycles).put(f.gemm_cycles).put(f.dram_bytes);
        row.put(f.utilization).put(f.gemm_s).put(f.vector_s).put(f.host_s).put(f.transfer_s);
    } else {
        constexpr int kFigures = 11;
        for (int i = 0; i < kFigures; ++i) row.put_null();
    }
    row.put(labels.luts).put(std::int64_t{labels.luts_estimated}).put(labels.accuracy);
    static_cast<void>(row.step());
}

void Store::relabel(const std::vector<PointLabels>& labels) {
    if (labels.empty()) return;
    database_->run("BEGIN IMMEDIATE");
    Statement update(
        database_->handle(), database_->file(),
        "UPDATE point SET field_values = ?1, luts_estimated = iif(?2 IS NULL, luts_estimated, ?3), "
        "luts = coalesce(?2, luts), accuracy = coalesce(?4, accuracy) WHERE id = ?5");
    std::set<std::string> done;
    for (const PointLabels& point : labels) {
        if (!done.insert(point.id).second) continue;
        update.put(values_text(point.values)).put(point.luts).put(std::int64_t{point.luts_estimated});
        static_cast<void>(update.put(point.accuracy).put(point.id).step());
        update.again();
    }
    database_->run("COMMIT");
}

void Store::forget_faults() {
    database_->run("DELETE FROM point WHERE status = 'fault'");
}

std::set<std::string> Store::known(const std::string& fidelity) const {
    Statement select(database_->handle(), database_->file(), "SELECT id FROM point WHERE fidelity = ?");
    select.put(fidelity);
    std::set<std::string> ids;
    while (select.step()) ids.insert(select.text(0));
    return ids;
}

std::map<std::string, StoredPoint> Store::points(const std::string& fidelity) const {
    Statement select(
        database_->handle(), database_->file(),
        "SELECT id, fidelity, status, reason, field_values, network, batch, seconds, energy_j, cycles, "
        "gemm_cycles, dram_bytes, utilization, gemm_s, vector_s, host_s, transfer_s, luts, luts_estimated, "
        "accuracy FROM point WHERE fidelity = ?");
    select.put(fidelity);
    std::map<std::string, StoredPoint> points;
    while (select.step()) {
        StoredPoint point = read_point(select);
        std::string id = point.labels.id;
        points.emplace(std::move(id), std::move(point));
    }
    return points;
}

}  // namespace satsim::sweep
