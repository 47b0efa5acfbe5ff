// Expands a network's lists of layers, blocks and modules into layers. docs/architecture/compositions.md.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "runtime/workload/module_scope.hpp"

namespace satsim {

class NetworkBuilder {
  public:
    // `network` has its inputs; `scope` is the file's.
    NetworkBuilder(Network& network, const SpanTable& spans, ModuleFiles& files, std::int64_t pieces);

    // Appends the layers of `root`'s list "layers".
    void build(const JsonCursor& root, const ModuleScope& scope);

  private:
    // One list of layers as it is being expanded.
    struct List {
        const ModuleScope& scope;
        std::string prefix;       // of layer names
        std::string path;         // of the module tree
        int node = 0;             // index in Network::modules
        std::int64_t repeat = 1;  // product of the counts around
        bool trainable = true;
        int depth = 0;
        int region = -1;                   // of a copy of the outermost repeated module around
        int previous = 0;                  // what an item without `from` reads
        std::map<std::string, int> names;  // of items, inputs and what modules export
        std::set<std::string> skipped;  // names whose item `when` left out: they stand for what it would read
        int number = 0;                 // of all lists, set as it is expanded
    };
    // A copy of a module that stands for `count` of them.
    struct Copy {
        std::string label;
        std::int64_t count = 1;
    };

    void expand(const JsonCursor& layers, List& list);
    void add_layer(const JsonCursor& item, List& list);
    void add_block(const JsonCursor& item, List& list);
    void add_module(const JsonCursor& item, List& list);
    // Whether `when` leaves the item out; then its name stands for what it reads.
    [[nodiscard]] bool left_out(const JsonCursor& item, List& list);

    [[nodiscard]] std::map<std::string, int> module_inputs(const JsonCursor& item, const JsonCursor& body,
                                                           const List& list, int entry) const;
    [[nodiscard]] std::vector<Copy> counted(const std::vector<Copy>& all) const;
    void add_copies(const JsonCursor& body, const std::vector<Copy>& copies, const List& inner, List& list,
                    const std::string& name);
    void connect(const JsonCursor& item, const List& list, Layer& layer) const;
    void tie(const JsonCursor& item, const List& list, Layer& layer) const;
    [[nodiscard]] int entry_of(const JsonCursor& item, const List& list) const;
    [[nodiscard]] int resolve(const JsonCursor& cursor, const List& list) const;
    [[nodiscard]] int node_of(const std::string& path, const std::string& name, const std::string& module,
                              int parent, std::int64_t repeat);
    void declare(const JsonCursor& item, const std::string& name, int index, List& list) const;
    [[nodiscard]] int last() const { return static_cast<int>(network_.layers.size()) - 1; }

    Network& network_;
    const SpanTable& spans_;
    ModuleFiles& files_;
    std::int64_t pieces_;
    std::map<std::string, int> nodes_;
    std::vector<std::string> open_;  // modules around, to find cycles
    int regions_ = 0;
    int lists_ = 0;
};

}  // namespace satsim
