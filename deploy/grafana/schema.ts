// What @grafana/schema, Grafana's own package of types, says of a dashboard with the panels that
// omniflow.json has. `make lint` has the compiler hold the dashboard against it: an option that is unknown,
// missing or misspelled is an error there, where Grafana would draw something else in silence.
import type {Dashboard, DataQuery, FieldConfigSource, Panel, RowPanel, VariableModel} from '@grafana/schema';
import type * as series from
  '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';

// Json is a type as its values are written: the words of an enumeration rather than its names.
type Json<T> = T extends string ? `${T}` : T extends (infer E)[] ? Json<E>[] : T extends object ? {[K in keyof T]: Json<T[K]>} : T;

// Query is one to Prometheus; its type is not in the package.
interface Query extends DataQuery {
  expr: string;
  instant?: boolean;
  legendFormat?: string;
}

// Of is a panel of a type, with that type's options, which have defaults, and fields.
type Of<Type extends string, Options, Custom> = Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets'> & {
  type: Type;
  options: Partial<Options>;
  fieldConfig: FieldConfigSource<Custom>;
  targets: Query[];
};

// Variable has the query as Grafana shows it in its list, too; the package forgets that.
type Variable = VariableModel & {definition?: string};

export type Board = Json<
  Omit<Dashboard, 'panels' | 'templating'> & {
    panels: (RowPanel | Of<'timeseries', series.Options, series.FieldConfig> | Of<'stat', stat.Options, Record<string, never>>)[];
    templating: {list: Variable[]};
  }
>;
