export interface Node { id: string; kind: string; next?: string; otherwise?: string; branches?: { next: string }[]; paths?: { next: string; percent?: number }[]; [other: string]: unknown }
export interface Definition { trigger?: { on?: string; [other: string]: unknown }; start: string; nodes: Node[]; [other: string]: unknown }
export interface Edge { from: string; to: string; label?: string }

export function edgesOf(node: Node): Edge[] {
  const edges: Edge[] = [];
  for (const [index, branch] of (node.branches ?? []).entries()) edges.push({ from: node.id, to: branch.next, label: String(index + 1) });
  for (const path of node.paths ?? []) edges.push({ from: node.id, to: path.next, label: path.percent != null ? `${path.percent} %` : undefined });
  if (node.next) edges.push({ from: node.id, to: node.next });
  if (node.otherwise) edges.push({ from: node.id, to: node.otherwise, label: '∅' });
  return edges;
}

/** A place for every node: a row by the longest way from the start (circles stop it), a column in order of arrival. */
export function layout(definition: Definition): { places: Map<string, { row: number; column: number }>; edges: Edge[]; rows: number; columns: number } {
  const byId = new Map(definition.nodes.map((node) => [node.id, node]));
  const edges = definition.nodes.flatMap(edgesOf).filter((edge) => byId.has(edge.to));
  const rowOf = new Map<string, number>();
  const walk = (id: string, row: number, way: Set<string>) => {
    if (!byId.has(id) || way.has(id) || (rowOf.get(id) ?? -1) >= row) return;
    rowOf.set(id, row);
    for (const edge of edgesOf(byId.get(id)!)) walk(edge.to, row + 1, new Set(way).add(id));
  };
  walk(definition.start, 0, new Set());
  for (const node of definition.nodes) if (!rowOf.has(node.id)) rowOf.set(node.id, Math.max(0, ...rowOf.values()) + 1);
  const taken = new Map<number, number>();
  const places = new Map<string, { row: number; column: number }>();
  for (const [id, row] of [...rowOf].sort((a, b) => a[1] - b[1])) {
    const column = taken.get(row) ?? 0;
    taken.set(row, column + 1);
    places.set(id, { row, column });
  }
  return { places, edges, rows: Math.max(0, ...rowOf.values()) + 1, columns: Math.max(1, ...taken.values()) };
}
