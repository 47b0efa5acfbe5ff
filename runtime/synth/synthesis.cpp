#include "runtime/synth/synthesis.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <fstream>
#include <iterator>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "runtime/support/atomic_file.hpp"
#include "runtime/support/error.hpp"
#include "runtime/synth/cache.hpp"
#include "runtime/synth/floorplan.hpp"
#include "runtime/synth/lut_pairs.hpp"
#include "runtime/synth/process.hpp"
#include "runtime/synth/scripts.hpp"

namespace satsim::synth {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Part of every key of the cache: to be changed with anything that changes what is kept there.
constexpr const char* kFormat = "satsim-synth 2";
// Part of the keys of results alone: netlists need not be made again when only the counting changes.
constexpr const char* kRules = "lut pairs, small distributed RAMs, wires";
constexpr const char* kTopGroup = "control";

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw InputError(path.string(), "", "cannot be read");
    return {std::istreambuf_iterator<char>(file), {}};
}

// What Yosys said when it gave up: its last line that begins with ERROR, else that something went wrong.
std::string complaint(const fs::path& log, int status) {
    std::ifstream file(log);
    std::string found;
    for (std::string line; std::getline(file, line);) {
        if (const std::size_t at = line.find("ERROR: "); at != std::string::npos) found = line.substr(at + 7);
    }
    return found.empty() ? fmt::format("ended with status {} and no error message", status) : found;
}

// A document that Yosys wrote. Not parse_json_file, which looks for repeated keys: the time that takes grows
// with the square of an object's size, and a netlist has tens of thousands of cells.
json read_document(const fs::path& file) {
    std::optional<json> document = read_cached(file);
    if (!document) throw InputError(file.string(), "", "is no JSON document, delete it and try again");
    return std::move(*document);
}

// The module that Yosys marked as the top of a netlist.
std::string top_of(const json& document) {
    for (const auto& [name, module] : document.at("modules").items()) {
        if (module.at("attributes").contains("top")) return name;
    }
    throw std::logic_error("a netlist of Yosys names no top module");
}

// One folder of scripts, logs and unfinished outputs, removed at the end.
class WorkFolder {
  public:
    explicit WorkFolder(const fs::path& cache) : path_(cache / fmt::format("work-{}", ::getpid())) {
        std::error_code code;
        fs::create_directories(path_, code);
        if (code) throw InputError(path_.string(), "", "cannot be created: " + code.message());
    }
    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;
    ~WorkFolder() {
        std::error_code code;
        fs::remove_all(path_, code);
    }
    [[nodiscard]] const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

// A block on its way: its netlist in the cache, what lies in it, its result.
struct Work {
    std::string key;
    const Module* module = nullptr;
    std::set<std::string> inner;  // keys of the blocks directly in it
    BlockSources sources;
    std::string netlist_digest;
    fs::path netlist;
    Block block;
    BlockTiming timing;
    std::string result_digest;
    bool done = false;
};

class Run {
  public:
    Run(const SynthesisSettings& settings, const Progress& progress)
        : settings_(settings),
          progress_(progress),
          yosys_(find_yosys()),
          cache_(cache_folder(settings.cache)),
          work_(cache_) {}

    Synthesis run() {
        elaborate();
        place(elaboration_.top, kTopGroup, 1);
        choose();
        map_all();
        Synthesis synthesis;
        synthesis.yosys = yosys_.version;
        for (auto& [key, work] : works_) {
            if (!wanted_.contains(key)) continue;
            finish(work);
            sum(work.block, synthesis);
        }
        return synthesis;
    }

  private:
    // Runs a script of Yosys that leaves the file `unique` in the work folder; it then stands in the cache as
    // `output`.
    void yosys(const std::string& script, const std::string& unique, const fs::path& output,
               const std::vector<std::string>& options, const std::string& what) const {
        const fs::path file = work_.path() / (unique + ".ys");
        const fs::path log = work_.path() / (unique + ".log");
        write_file_atomically(file, script);
        std::vector<std::string> command{yosys_.program.string(), "-q"};
        command.insert(command.end(), options.begin(), options.end());
        command.insert(command.end(), {"-s", file.string()});
        if (const int status = run_program(command, log); status != 0)
            throw InputError(what, "", "Yosys: " + complaint(log, status));
        std::error_code code;
        fs::rename(work_.path() / unique, output, code);
        if (code) throw InputError(output.string(), "", "cannot be written: " + code.message());
    }

    void elaborate() {
        Digest digest;
        digest.add(kFormat).add(yosys_.version);
        for (const fs::path& file : settings_.sources.files) digest.add(file.string()).add(read_file(file));
        const Plan& plan = settings_.plan;
        digest.add(module_key(plan.top, plan.parameters));
        const fs::path output = cache_ / (digest.text() + ".hierarchy.json");
        std::optional<json> document = read_cached(output);
        if (!document) {
            const std::string script = hierarchy_script(settings_.sources, plan.top, plan.parameters,
                                                        work_.path() / "hierarchy.json");
            // A resized port is a range that Yosys dropped.
            yosys(script, "hierarchy.json", output, {"-e", "Resizing cell port"}, plan.top);
            document = read_document(output);
        }
        elaboration_ = read_elaboration(*document, output.string());
    }

    [[nodiscard]] const BlockRule* rule(const std::string& module) const {
        const auto found = settings_.plan.blocks.find(module);
        return found == settings_.plan.blocks.end() ? nullptr : &found->second;
    }

    // The block that stands for all that differ from it by their number only: the one of the highest number,
    // which has the most bits set.
    [[nodiscard]] std::string representative(const std::string& key) const {
        const Module& module = elaboration_.modules.at(key);
        const BlockRule* known = rule(module.module);
        if (known == nullptr || known->numbered.empty() || !module.parameters.contains(known->numbered))
            return key;
        std::map<std::string, std::string> others = module.parameters;
        others.erase(known->numbered);
        std::string best = key;
        std::int64_t highest = -1;
        for (const auto& [candidate, of] : elaboration_.modules) {
            if (of.module != module.module || !of.parameters.contains(known->numbered)) continue;
            std::map<std::string, std::string> rest = of.parameters;
            rest.erase(known->numbered);
            const std::int64_t number = std::stoll(of.parameters.at(known->numbered));
            if (rest != others || number <= highest) continue;
            highest = number;
            best = candidate;
        }
        return best;
    }

    // The blocks directly in a module, with their numbers, through the modules that are dissolved in it.
    void inner_blocks(const std::string& key, std::map<std::string, std::int64_t>& found) const {
        for (const Instance& instance : elaboration_.modules.at(key).instances) {
            if (rule(elaboration_.modules.at(instance.module).module) == nullptr)
                inner_blocks(instance.module, found);
            else
                ++found[representative(instance.module)];
        }
    }

    // Counts `instances` of a block in `group`, and the blocks in it.
    void place(const std::string& key, const std::string& group, std::int64_t instances) {
        const Module& module = elaboration_.modules.at(key);
        Work& work = works_[key];
        if (work.module == nullptr) {
            work.key = key;
            work.module = &module;
            work.block.name = key;
            work.block.module = module.module;
        }
        work.block.instances[group] += instances;
        std::map<std::string, std::int64_t> inner;
        inner_blocks(key, inner);
        for (const auto& [child, number] : inner) {
            work.inner.insert(child);
            const BlockRule* known = rule(elaboration_.modules.at(child).module);
            place(child, known->group.empty() ? group : known->group, instances * number);
        }
    }

    void want(const std::string& key) {
        if (!wanted_.insert(key).second) return;
        for (const std::string& child : works_.at(key).inner) want(child);
    }

    void choose() {
        for (const auto& [key, work] : works_) {
            if (settings_.only.empty() || work.block.module == settings_.only) want(key);
        }
        if (wanted_.empty())
            throw InputError("--only " + settings_.only, "",
                             "is none of the blocks, expected one of " + all_blocks());
    }
    [[nodiscard]] std::string all_blocks() const {
        std::set<std::string> names;
        for (const auto& [key, work] : works_) names.insert(work.block.module);
        return fmt::format("{}", fmt::join(names, ", "));
    }

    // Files of a module and of all that is dissolved in it, and files and ports of the blocks in it.
    void add_sources(const std::string& key, BlockSources& sources, std::set<std::string>& ports) const {
        const Module& module = elaboration_.modules.at(key);
        sources.own.insert(module.file);
        for (const Instance& instance : module.instances) {
            const Module& child = elaboration_.modules.at(instance.module);
            if (rule(child.module) == nullptr) {
                add_sources(instance.module, sources, ports);
            } else if (ports.insert(fmt::format("{}: {}", instance.module, fmt::join(child.ports, ", ")))
                           .second) {
                sources.interior.insert(child.file);
            }
        }
    }

    // The library of cells in the cache, made once.
    void prepare_cells() {
        cells_ = cache_ / (Digest().add(kFormat).add(yosys_.version).text() + ".cells.il");
        std::error_code code;
        if (fs::exists(cells_, code)) return;
        yosys(cell_library_script(work_.path() / "cells.il"), "cells.il", cells_, {}, "the library of cells");
    }

    [[nodiscard]] std::string script_of(const Work& work, const fs::path& output) const {
        return block_script(work.sources, work.module->module, work.module->parameters,
                            settings_.device.yosys_family, cells_, output);
    }

    void map_all() {
        prepare_cells();
        std::vector<Work*> missing;
        for (auto& [key, work] : works_) {
            if (!wanted_.contains(key)) continue;
            const std::string package = settings_.sources.files.front().string();
            work.sources.package = package;
            std::set<std::string> ports;
            add_sources(key, work.sources, ports);
            Digest digest;
            digest.add(kFormat).add(yosys_.version).add(key).add(read_file(package));
            for (const std::string& file : work.sources.own) digest.add(read_file(file));
            for (const std::string& port : ports) digest.add(port);
            digest.add(script_of(work, ""));
            work.netlist_digest = digest.text();
            work.netlist = cache_ / (work.netlist_digest + ".netlist.json");
            std::error_code code;
            if (!fs::exists(work.netlist, code)) missing.push_back(&work);
        }
        // The largest first, so that the last ones end together: a block's own size is that of its file and
        // its ports.
        std::sort(missing.begin(), missing.end(),
                  [](const Work* a, const Work* b) { return a->inner.size() > b->inner.size(); });
        const std::size_t all = wanted_.size();
        std::atomic<std::size_t> next = 0;
        std::size_t done = all - missing.size();
        std::exception_ptr failure;
        std::mutex mutex;
        const auto worker = [&] {
            for (std::size_t i = next++; i < missing.size(); i = next++) {
                const Work& work = *missing[i];
                const std::string unique = fmt::format("block{}.json", i);
                try {
                    yosys(script_of(work, work_.path() / unique), unique, work.netlist, {}, work.key);
                } catch (...) {
                    const std::lock_guard lock(mutex);
                    failure = std::current_exception();
                    next = missing.size();
                }
                const std::lock_guard lock(mutex);
                if (progress_) progress_(++done, all);
            }
        };
        std::vector<std::thread> threads;
        for (int i = 0; i < std::min<int>(settings_.jobs, static_cast<int>(missing.size())); ++i)
            threads.emplace_back(worker);
        for (std::thread& thread : threads) thread.join();
        if (failure) std::rethrow_exception(failure);
    }

    // Counts and times a block, the blocks in it first.
    void finish(Work& work) {
        if (work.done) return;
        work.done = true;
        Digest digest;
        digest.add(kFormat).add(kRules).add(work.netlist_digest);
        for (const NamedDelay& delay : named_delays())
            digest.add(fmt::format("{}", (settings_.device.delays.*delay.figure).value));
        for (const std::string& child : work.inner) {
            finish(works_.at(child));
            digest.add(works_.at(child).result_digest);
        }
        work.result_digest = digest.text();
        const fs::path file = cache_ / (work.result_digest + ".result.json");
        if (const std::optional<json> kept = read_cached(file)) {
            read_result(*kept, work);
            return;
        }
        analyse_block(work);
        write_file_atomically(file, result_json(work).dump());
    }

    void analyse_block(Work& work) {
        const json document = read_document(work.netlist);
        const Netlist netlist = parse_netlist(document, top_of(document), work.netlist.string());
        std::map<std::string, const BlockTiming*, std::less<>> timings;
        for (const auto& [type, block] : netlist.blocks) {
            const std::string key = module_key(block.module, block.parameters);
            if (!elaboration_.modules.contains(key))
                throw InputError(work.key, "", "holds the block " + key + ", which the hierarchy does not");
            timings[type] = &works_.at(representative(key)).timing;
        }
        work.timing = analyse(netlist, settings_.device.delays, timings, work.key);
        work.block.longest = work.timing.longest;
        work.block.resources = count(netlist);
        work.block.lut_pairs = lut_pairs(netlist);
        work.block.resources.lut -= work.block.lut_pairs;
        work.block.memories = map_memories(elaboration_, work.key, settings_.plan, netlist);
    }

    static json result_json(const Work& work) {
        const Resources& used = work.block.resources;
        json memories = json::array();
        for (const MemoryUse& use : work.block.memories)
            memories.push_back({use.name, use.width, use.words, use.style, use.memories, use.cells});
        return {{"resources", {used.lut, used.ff, used.dsp, used.bram18, used.uram}},
                {"lut_pairs", work.block.lut_pairs},
                {"lut_wires", used.wires},
                {"memories", memories},
                {"timing", to_json(work.timing)}};
    }
    static void read_result(const json& document, Work& work) {
        const json& used = document.at("resources");
        const auto value = [&used](std::size_t i) { return used.at(i).get<std::int64_t>(); };
        work.block.resources = {value(0), value(1), value(2),
                                value(3), value(4), document.at("lut_wires").get<std::int64_t>()};
        work.block.lut_pairs = document.at("lut_pairs").get<std::int64_t>();
        for (const json& use : document.at("memories")) {
            work.block.memories.push_back({use.at(0).get<std::string>(), use.at(1).get<std::int64_t>(),
                                           use.at(2).get<std::int64_t>(), use.at(3).get<std::string>(),
                                           use.at(4).get<std::int64_t>(),
                                           use.at(5).get<std::map<std::string, std::int64_t>>()});
        }
        work.timing = timing_from_json(document.at("timing"));
        work.block.longest = work.timing.longest;
    }

    void sum(const Block& block, Synthesis& synthesis) const {
        for (const auto& [group, instances] : block.instances) {
            const Resources used = block.resources.times(instances);
            synthesis.total += used;
            synthesis.groups[group] += used;
        }
        if (block.module == settings_.plan.row_block) synthesis.rows += static_cast<int>(block.count());
        synthesis.blocks.push_back(block);
    }

    const SynthesisSettings& settings_;
    const Progress& progress_;
    Yosys yosys_;
    fs::path cache_;
    WorkFolder work_;
    fs::path cells_;
    Elaboration elaboration_;
    std::map<std::string, Work> works_;
    std::set<std::string> wanted_;
};

}  // namespace

std::int64_t Block::count() const {
    std::int64_t all = 0;
    for (const auto& [group, number] : instances) all += number;
    return all;
}

Yosys find_yosys() {
    const std::optional<fs::path> program = find_program("yosys");
    if (!program)
        throw InputError("synth", "", "yosys is not on the search path, expected Yosys 0.23 or later");
    const fs::path log = fs::temp_directory_path() / fmt::format("satsim-yosys-{}.log", ::getpid());
    const std::optional<std::string> version = output_of({program->string(), "-V"}, log);
    std::error_code code;
    fs::remove(log, code);
    if (!version) throw InputError(program->string(), "", "cannot be run");
    return {*program, version->substr(0, version->find('\n'))};
}

Synthesis synthesize(const SynthesisSettings& settings, const Progress& progress) {
    return Run(settings, progress).run();
}

}  // namespace satsim::synth
