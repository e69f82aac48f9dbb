// Numbers of workgroups that are dispatched in rows, because no row may be longer than 65,535.

const LONGEST_ROW = 65535u;

fn workgroup_number(workgroup: vec3u) -> u32 {
    return workgroup.y * LONGEST_ROW + workgroup.x;
}
