// The recording file, docs/formats/gpu-recording.md; models/schemas/gpu-recording.schema.json in code.
#include "runtime/gpu_record/recording.hpp"

#include "runtime/gpu_record/work_json.hpp"

namespace satsim::gpu {
namespace {

using nlohmann::ordered_json;

constexpr double kLongest = 1e6;  // s
constexpr const char* kFormat = "satsim-gpu-recording";

ordered_json optional_json(const std::optional<double>& value) {
    return value ? ordered_json(*value) : ordered_json();
}
std::optional<double> read_optional(const JsonCursor& at, double high) {
    if (at.node().is_null()) return std::nullopt;
    return at.number(0, high);
}
// Text that may be empty.
std::string read_text(const JsonCursor& at) {
    if (!at.is_text()) at.fail("is no text");
    return at.node().get<std::string>();
}

ordered_json device_json(const MeasuredDevice& d) {
    ordered_json libraries = ordered_json::object();
    for (const auto& [name, version] : d.libraries) libraries[name] = version;
    return {{"name", d.name},
            {"compute_capability", d.compute_capability},
            {"sm_count", d.sm_count},
            {"memory_bytes", d.memory_bytes},
            {"l2_bytes", d.l2_bytes},
            {"driver", d.driver},
            {"cuda", d.cuda},
            {"libraries", libraries},
            {"sm_clock_hz", d.sm_clock_hz},
            {"memory_clock_hz", d.memory_clock_hz},
            {"idle_watts", optional_json(d.idle_watts)},
            {"board_watts", d.board_watts},
            {"time_method", d.time_method},
            {"energy_method", d.energy_method},
            {"date", d.date},
            {"dense_flops", d.dense_flops},
            {"copy_bandwidth", d.copy_bandwidth},
            {"launch_seconds", d.launch_seconds}};
}
MeasuredDevice read_device(const JsonCursor& at) {
    at.object({"name", "compute_capability", "sm_count", "memory_bytes", "l2_bytes", "driver", "cuda",
               "libraries", "sm_clock_hz", "memory_clock_hz", "idle_watts", "board_watts", "time_method",
               "energy_method", "date", "dense_flops", "copy_bandwidth", "launch_seconds"});
    MeasuredDevice d;
    d.name = at.at("name").text();
    d.compute_capability = at.at("compute_capability").text();
    d.sm_count = static_cast<int>(at.at("sm_count").integer(1, 1 << 16));
    d.memory_bytes = at.at("memory_bytes").integer(1, std::int64_t{1} << 50);
    d.l2_bytes = at.at("l2_bytes").integer(0, std::int64_t{1} << 40);
    d.driver = read_text(at.at("driver"));
    d.cuda = at.at("cuda").text();
    const JsonCursor libraries = at.at("libraries");
    for (const std::string& name : libraries.names()) d.libraries[name] = libraries.at(name).text();
    d.sm_clock_hz = at.at("sm_clock_hz").number(0, 1e11);
    d.memory_clock_hz = at.at("memory_clock_hz").number(0, 1e11);
    d.idle_watts = read_optional(at.at("idle_watts"), 1e5);
    d.board_watts = at.at("board_watts").number(0, 1e5);
    d.time_method = at.at("time_method").text();
    d.energy_method = at.at("energy_method").text();
    d.date = at.at("date").text();
    d.dense_flops = at.at("dense_flops").number(1, 1e18);
    d.copy_bandwidth = at.at("copy_bandwidth").number(1, 1e16);
    d.launch_seconds = at.at("launch_seconds").number(0, 1);
    return d;
}

ordered_json candidate_json(const Candidate& c) {
    if (!c.refused.empty()) return {{"kernel", c.kernel}, {"refused", c.refused}};
    return {{"kernel", c.kernel}, {"seconds", c.seconds}};
}
Candidate read_candidate(const JsonCursor& at) {
    at.object({"kernel"}, {"seconds", "refused"});
    if (at.has("seconds") == at.has("refused")) at.fail("has not exactly one of seconds and refused");
    Candidate c;
    c.kernel = at.at("kernel").text();
    if (at.has("seconds")) c.seconds = at.at("seconds").number(0, kLongest);
    if (at.has("refused")) c.refused = at.at("refused").text();
    return c;
}

ordered_json measurement_json(const Work& work, const Measurement& m) {
    ordered_json object = {{"work", work_json(work)},
                           {"kernel", m.kernel},
                           {"seconds", m.seconds},
                           {"fastest", m.fastest},
                           {"slowest", m.slowest},
                           {"repetitions", m.repetitions},
                           {"joules", optional_json(m.joules)},
                           {"energy_window_s", m.energy_window_s},
                           {"sustained_seconds", m.sustained_seconds},
                           {"sparse", m.sparse}};
    if (m.called_seconds) object["called_seconds"] = *m.called_seconds;
    if (m.shared_power) object["shared_power"] = true;
    if (m.measured_share != 1) object["measured_share"] = m.measured_share;
    if (!m.dense_reason.empty()) object["dense_reason"] = m.dense_reason;
    object["candidates"] = ordered_json::array();
    for (const Candidate& c : m.candidates) object["candidates"].push_back(candidate_json(c));
    object["kernels"] = ordered_json::array();
    for (const KernelTime& k : m.kernels)
        object["kernels"].push_back({{"name", k.name}, {"seconds", k.seconds}});
    return object;
}
Measurement read_measurement(const JsonCursor& at) {
    at.object({"work", "kernel", "seconds", "fastest", "slowest", "repetitions", "joules", "energy_window_s",
               "sustained_seconds", "sparse", "candidates", "kernels"},
              {"called_seconds", "shared_power", "measured_share", "dense_reason"});
    Measurement m;
    m.kernel = at.at("kernel").text();
    m.fastest = at.at("fastest").number(0, kLongest);
    m.slowest = at.at("slowest").number(m.fastest, kLongest);
    m.seconds = at.at("seconds").number(m.fastest, m.slowest);
    m.repetitions = static_cast<int>(at.at("repetitions").integer(1, 1 << 24));
    if (at.has("called_seconds")) m.called_seconds = at.at("called_seconds").number(0, kLongest);
    m.joules = read_optional(at.at("joules"), 1e9);
    if (at.has("shared_power")) m.shared_power = at.at("shared_power").boolean();
    if (at.has("measured_share")) m.measured_share = at.at("measured_share").number(1e-12, 1);
    m.energy_window_s = at.at("energy_window_s").number(0, kLongest);
    m.sustained_seconds = at.at("sustained_seconds").number(0, kLongest);
    m.sparse = at.at("sparse").boolean();
    if (at.has("dense_reason")) m.dense_reason = at.at("dense_reason").text();
    const JsonCursor candidates = at.at("candidates");
    for (std::size_t i = 0; i < candidates.size(); ++i)
        m.candidates.push_back(read_candidate(candidates.at(i)));
    const JsonCursor kernels = at.at("kernels");
    for (std::size_t i = 0; i < kernels.size(); ++i) {
        const JsonCursor kernel = kernels.at(i).object({"name", "seconds"});
        m.kernels.push_back({kernel.at("name").text(), kernel.at("seconds").number(0, kLongest)});
    }
    return m;
}

void read_refusals(const JsonCursor& list, Recording& recording) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        const JsonCursor at = list.at(i).object({"work", "reason"});
        const Work work = read_work(at.at("work"));
        if (recording.measurements.contains(work)) at.at("work").fail("is measured (" + describe(work) + ")");
        if (!recording.refused.emplace(work, at.at("reason").text()).second)
            at.at("work").fail("is refused twice (" + describe(work) + ")");
    }
}

Recording read_recording(const JsonCursor& root) {
    root.object({"format", "version", "device", "steps", "measurements"}, {"refused"});
    if (root.at("format").text() != kFormat)
        root.at("format").fail(std::string("is not \"") + kFormat + "\": no recording of a GPU");
    (void)root.at("version").integer(1, 1);
    Recording recording;
    recording.file = root.file();
    recording.device = read_device(root.at("device"));
    const JsonCursor steps = root.at("steps");
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const JsonCursor step = steps.at(i).object({"network", "recipe", "batch"});
        recording.steps.push_back(
            {step.at("network").text(), step.at("recipe").text(), step.at("batch").integer(1, 1 << 24)});
    }
    const JsonCursor measurements = root.at("measurements");
    for (std::size_t i = 0; i < measurements.size(1); ++i) {
        const JsonCursor at = measurements.at(i);
        const Measurement measured = read_measurement(at);
        const Work work = read_work(at.at("work"));
        if (!recording.measurements.emplace(work, measured).second)
            at.at("work").fail("is measured twice (" + describe(work) + ")");
    }
    if (root.has("refused")) read_refusals(root.at("refused"), recording);
    return recording;
}

}  // namespace

double moved_share(const Work& work, const Measurement& measured) {
    const auto* vector = std::get_if<VectorWork>(&work);
    if (vector == nullptr) return 1;
    if (vector->op == VectorOp::Activation && vector->reads_fp16 == 2 && measured.kernel == "satsim gelu")
        return 2.0 / 3;
    if (vector->op == VectorOp::ActivationGrad && vector->reads_fp16 == 3 &&
        measured.kernel == "satsim gelu gradient")
        return 3.0 / 5;
    if (vector->op == VectorOp::NormGradStatistics && measured.kernel == "satsim row gradient statistics")
        return 1.0 / 2;
    return 1;
}

std::string recording_json(const Recording& recording) {
    ordered_json document = {{"format", kFormat}, {"version", 1}, {"device", device_json(recording.device)}};
    document["steps"] = ordered_json::array();
    for (const RecordedStep& s : recording.steps)
        document["steps"].push_back({{"network", s.network}, {"recipe", s.recipe}, {"batch", s.batch}});
    document["measurements"] = ordered_json::array();
    for (const auto& [work, measured] : recording.measurements)
        document["measurements"].push_back(measurement_json(work, measured));
    for (const auto& [work, reason] : recording.refused)
        document["refused"].push_back({{"work", work_json(work)}, {"reason", reason}});
    return document.dump(1) + "\n";
}

Recording load_recording(const std::filesystem::path& path) {
    const nlohmann::json document = parse_json_file(path);
    return read_recording(JsonCursor(document, path.string()));
}

Recording parse_recording(std::string_view text, const std::string& name) {
    const nlohmann::json document = parse_json_text(text, name);
    return read_recording(JsonCursor(document, name));
}

}  // namespace satsim::gpu
